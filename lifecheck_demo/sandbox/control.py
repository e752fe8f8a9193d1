"""What the sandbox tells of itself, apart from the vendor's paths: its faults."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from .faults import FAULTS, Part
from .pages import render, with_policy


def create_control() -> Blueprint:
    """Under a prefix of its own, so that no path of the vendor is taken."""
    control = Blueprint("control", __name__, url_prefix="/control")

    @control.get("/faults")
    def faults() -> ResponseReturnValue:
        parts = {part: [f for f in FAULTS.values() if f.part is part] for part in Part}
        return with_policy(render("faults.html", parts=parts), None)

    @control.get("/faults.json")
    def faults_as_json() -> ResponseReturnValue:
        return jsonify(
            [
                {
                    "credential": fault.credential,
                    "part": fault.part,
                    "zh": fault.zh,
                    "en": fault.en,
                }
                for fault in FAULTS.values()
            ]
        )

    return control
