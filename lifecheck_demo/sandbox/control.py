"""The sandbox's own controls, apart from the vendor's paths: its faults, checks, clock."""

import json
import math
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from . import words
from .camera import NO_REDIRECT, OUTCOMES
from .checks import Check, CheckBook
from .faults import FAULTS, Part
from .guard import Guard
from .meter import reading
from .pages import origin, render, with_policy

PREFIX: Final = "/control"
JSON: Final = "application/json"
LARGEST_BODY: Final = 4 * 1024
# How far time is moved at once, at most, in seconds: a year.
LONGEST_MOVE: Final = 366 * 24 * 3600
# And in all: dates end with the year 9999.
FARTHEST: Final = 1000 * LONGEST_MOVE
MOST_LISTED: Final = 100
ENDS: Final = (*OUTCOMES, *NO_REDIRECT)
# What each refusal is answered with; the sentences are in `words.CONTROL`.
STATUS: Final = {
    "wrong-key": 401,
    "key-needed": 401,
    "closed": 403,
    "other-site": 403,
    "unknown": 404,
    "not-here": 404,
    "method": 405,
    "finished": 409,
    "expired": 410,
    "too-big": 413,
    "not-json": 415,
    "bad-json": 400,
    "bad-name": 400,
    "bad-outcome": 400,
    "bad-seconds": 400,
    "unavailable": 503,
}


class Refusal(RuntimeError):
    """A control cannot be pressed; carries its short name, and more for the answer."""

    def __init__(self, name: str, **more: Any) -> None:
        super().__init__(name)
        self.name = name
        self.more = more


def create_control(book: CheckBook, guard: Guard, *, market: str = "none") -> Blueprint:
    """Under a prefix of its own, so that no path of the vendor is taken."""
    control = Blueprint("control", __name__, url_prefix=PREFIX)

    @control.before_request
    def let_in() -> None:
        objection = "" if request.endpoint in OPEN else guard.objection(request)
        if objection:
            raise Refusal(objection)

    @control.errorhandler(Refusal)
    def refuse(error: Refusal) -> Response:
        return refusal(error.name, **error.more)

    @control.get("/faults")
    def faults() -> ResponseReturnValue:
        parts = {part: [f for f in FAULTS.values() if f.part is part] for part in Part}
        return with_policy(render("faults.html", parts=parts, market=market), None)

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

    @control.get("/checks")
    def checks() -> ResponseReturnValue:
        return jsonify(checks=[told(check) for check in book.newest(MOST_LISTED)])

    @control.get("/checks/<token>")
    def check(token: str) -> ResponseReturnValue:
        return jsonify(told(known(token)))

    @control.post("/checks/<token>/finish")
    def finish(token: str) -> ResponseReturnValue:
        outcome = read_body({"outcome"}).get("outcome")
        if outcome not in ENDS:
            raise Refusal("bad-outcome", outcomes=ENDS)
        found = known(token)
        demand_open(found)
        if not found.origin:
            # Nobody may open the camera page: the photo is served from here, then.
            book.note_origin(token, origin())
        if outcome == "expire":
            book.expire(token)
        elif outcome in OUTCOMES and not book.finish(token, outcome):
            demand_open(known(token))
        redirect = known(token).redirect() if outcome in OUTCOMES else ""
        return jsonify(token=token, outcome=outcome, redirect=redirect or None)

    @control.post("/checks/<token>/age")
    def age(token: str) -> ResponseReturnValue:
        seconds = read_seconds()
        known(token)
        book.age(token, seconds)
        older = book.find(token)
        return jsonify(told(older) if older else {"token": token, "state": "forgotten"})

    @control.get("/meter")
    def meter() -> ResponseReturnValue:
        return jsonify(reading(book))

    @control.get("/clock")
    def clock() -> ResponseReturnValue:
        now = datetime.fromtimestamp(book.time(), UTC)
        said = now.isoformat(timespec="seconds").replace("+00:00", "Z")
        return jsonify(now=said, moved_seconds=book.clock_moved())

    @control.post("/clock")
    def move_clock() -> ResponseReturnValue:
        seconds = read_seconds()
        if book.clock_moved() + seconds > FARTHEST:
            raise Refusal("bad-seconds")
        book.move_clock(seconds)
        return clock()

    @control.post("/reset")
    def reset() -> ResponseReturnValue:
        read_body(frozenset())
        book.reset()
        return jsonify(reset=True)

    def known(token: str) -> Check:
        found = book.find(token)
        if found is None:
            raise Refusal("unknown")
        return found

    def demand_open(found: Check) -> None:
        """Raise `Refusal` for a check that cannot be ended, as the chooser does."""
        problem = book.problem_with(found)
        if problem == "finished":
            redirect = found.redirect() or None
            raise Refusal(problem, outcome=found.outcome, redirect=redirect)
        if problem:
            raise Refusal(problem)

    def told(found: Check) -> dict[str, Any]:
        over = book.is_over(found)
        return {
            "token": found.token,
            "state": "expired" if over else "finished" if found.outcome else "open",
            "outcome": found.outcome or None,
            # What a result query would be answered with; this one does not count.
            "code": book.code_of(found),
            "queries": found.queries,
            "age_seconds": round(book.age_of(found), 3),
            "seconds_left": 0 if over else book.seconds_left(found),
            "return_url": found.return_url,
            "colors": found.colours,
            "actions": found.actions,
            "fault": found.fault or None,
            "redirect": (found.redirect() or None) if found.outcome else None,
        }

    return control


# These are only read, and say nothing of anybody's check.
OPEN: Final = frozenset({"control.faults", "control.faults_as_json"})


def refusal(name: str, **more: Any) -> Response:
    """The answer that says what is wrong and what to do next, in both languages."""
    zh, en = words.CONTROL[name]
    answer = jsonify(error=name, zh=zh, en=en, **more)
    answer.status_code = STATUS[name]
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="sandbox control"'
    return answer


def read_body(names: AbstractSet[str]) -> dict[str, Any]:
    """The JSON object of a request, with none but those *names*; raises `Refusal`.

    Only JSON: another site's form cannot send it, and a browser asks before a script
    may.
    """
    if request.mimetype != JSON:
        raise Refusal("not-json")
    request.max_content_length = LARGEST_BODY
    try:
        said = json.loads(request.get_data() or b"{}")
    except RequestEntityTooLarge:
        raise Refusal("too-big") from None
    except (ValueError, RecursionError):
        raise Refusal("bad-json") from None
    if not isinstance(said, dict):
        raise Refusal("bad-json")
    if not said.keys() <= names:
        raise Refusal("bad-name", names=sorted(names))
    return said


def read_seconds() -> float:
    """How far to move: a number above 0, at most a year; raises `Refusal`."""
    seconds = read_body({"seconds"}).get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Refusal("bad-seconds")
    if not 0 < seconds <= LONGEST_MOVE or not math.isfinite(seconds):
        raise Refusal("bad-seconds")
    return float(seconds)
