"""The page of every code and failure, each with a button that makes it happen."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .cases import GROUPS


def create_codes(*, can_provoke: bool) -> Blueprint:
    """The page; *can_provoke* where the sandbox answers, which goes wrong on purpose."""
    codes = Blueprint("codes", __name__)

    @codes.get("/codes")
    def page() -> ResponseReturnValue:
        return render_template("codes.html", groups=GROUPS, can_provoke=can_provoke)

    return codes
