"""Counts the answers of init and result, for tests of what a vendor would charge."""

from contextlib import suppress
from typing import Any, Final

from flask import Flask, Response, g, request

from .checks import CheckBook, StateUnavailable

CALLS: Final = {"/lifecheck/v2/init": "init", "/lifecheck/v2/result": "result"}


def count_calls(app: Flask, book: CheckBook) -> None:
    """Count every answer under those two paths, by whatever refused or gave it.

    One that is lost on its way on purpose counts too: the vendor has given it.
    """

    @app.after_request
    def count(answer: Response) -> Response:
        call = CALLS.get(request.path)
        # Where the state cannot be written, nobody should wait for that twice.
        if call and "broken" not in g:
            with suppress(StateUnavailable):
                book.count_call(call, answer.status_code, code_in(answer))
        return answer


def code_in(answer: Response) -> str:
    """The vendor's code in an answer; empty where there is none."""
    said = answer.get_json(silent=True)
    code = said.get("code") if isinstance(said, dict) else None
    said_so = str(code)
    return said_so if said_so.isascii() and said_so.isdigit() else ""


def reading(book: CheckBook) -> dict[str, Any]:
    """What was counted, for each call: how often, and how it was answered."""
    meter: dict[str, Any] = {call: {"calls": 0, "answers": []} for call in CALLS.values()}
    for call, status, code, count in book.calls():
        answer = {"status": status, "code": int(code) if code else None, "calls": count}
        meter[call]["calls"] += count
        meter[call]["answers"].append(answer)
    return meter
