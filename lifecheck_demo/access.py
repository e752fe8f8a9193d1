"""An access code before every page; a check that was begun goes on without it."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from flask import (
    Blueprint,
    Flask,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from .callers import caller_mark, mark
from .limits import Full, Quota, Tally
from .settings import LONGEST_CODE, Settings, plain_code
from .store import Store
from .visit import recall

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TWELVE_HOURS: Final = 12 * 3600
SESSION_KEY: Final = "access"
# A hall of guests has one address between them, and mistypes now and then.
WRONG_FROM_ADDRESS: Final = Quota("wrong-code-from", 20, 600)
WRONG_IN_ALL: Final = Quota("wrong-code", 300, 3600)
# What answers without the code. Whoever follows a code for a phone has been invited:
# its key opens one check.
OPEN: Final = frozenset(
    {
        "brand.logo",
        "health.healthz",
        "access.page",
        "access.enter",
        "handoff.phone",
        "handoff.go",
        "privacy.page",
    }
)
SANDBOX: Final = "/sandbox"
# The sandbox's camera page and what its script asks: each wants a check's token.
OPEN_IN_SANDBOX: Final = frozenset(
    f"/lifecheck/v2/check/{name}"
    for name in ("index", "place", "begin", "frame", "stop", "outcome", "ended")
)
# A path on this site, as it stands in an address: no host before it, nothing odd in it.
PLACE: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
LONGEST_PLACE: Final = 1000
CHOICES: Final = ("colors", "actions", "return_mode", "return_path")


class Door:
    """Who is let in, and whose codes are counted."""

    def __init__(
        self, settings: Settings, store: Store, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._code = _digest(settings.access_code)
        self._secret_key = settings.secret_key
        # Another code makes another mark: it closes the door to all who are in.
        self._mark = mark(settings.secret_key, "access code", settings.access_code)
        self._tally = Tally(store, clock)
        self._clock = clock

    def is_open(self) -> bool:
        """Whether this browser has said the code in the last twelve hours."""
        kept = session.get(SESSION_KEY)
        if not isinstance(kept, dict):
            return False
        fits = hmac.compare_digest(str(kept.get("mark")), self._mark)
        until = kept.get("until")
        return fits and isinstance(until, int | float) and until > self._clock()

    def opens(self, said: str) -> bool:
        """Whether *said* is the code; then this browser is let in.

        Raises `Full` where too many wrong ones have been said, and `StoreUnavailable`:
        what cannot be counted is not compared.
        """
        taken = self._tally.take(
            (WRONG_FROM_ADDRESS, caller_mark(self._secret_key)), (WRONG_IN_ALL, "")
        )
        fits = hmac.compare_digest(_digest(said), self._code)
        if not fits:
            return False
        taken.used(0)
        # Forms from before count no longer, nor does a token that somebody has put here.
        session.pop("csrf_token", None)
        until = int(self._clock()) + TWELVE_HOURS
        session[SESSION_KEY] = {"mark": self._mark, "until": until}
        return True


def init_app(app: Flask, door: Door) -> None:
    """Let nobody further than the page that asks for the code."""
    app.register_blueprint(_create_access(door))

    @app.before_request
    def ask_for_the_code() -> ResponseReturnValue | None:
        if request.endpoint in OPEN or is_of_a_check() or door.is_open():
            return None
        if is_for_programs():
            said = "this demo asks for an access code: open it in a browser first"
            return jsonify(error="access-code-needed", say=said), 403
        return redirect(url_for("access.page", next=place_wanted()), 303)


def closing(sandbox: "WSGIApplication", app: Flask, door: Door) -> "WSGIApplication":
    """*sandbox*, mounted under /sandbox, for those alone whom the door of *app* lets in."""
    refuse = app.wsgi_app

    def closed(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in OPEN_IN_SANDBOX or path.startswith("/static/"):
            return sandbox(environ, start)
        root = environ["SCRIPT_NAME"].removesuffix(SANDBOX)
        whole = {**environ, "SCRIPT_NAME": root, "PATH_INFO": f"{SANDBOX}{path}"}
        with app.request_context(whole):
            is_open = door.is_open()
        return sandbox(environ, start) if is_open else refuse(whole, start)

    return closed


def _create_access(door: Door) -> Blueprint:
    views = Blueprint("access", __name__)

    @views.get("/access")
    def page() -> ResponseReturnValue:
        place = place_within(request.args.get("next", ""))
        return redirect(place, 303) if door.is_open() else shown(place)

    @views.post("/access")
    def enter() -> ResponseReturnValue:
        place = place_within(request.form.get("next", ""))
        try:
            if door.opens(request.form.get("code", "")):
                return redirect(place, 303)
        except Full as full:
            page = shown(place, wait=full.retry_after)
            return page, 429, {"Retry-After": str(full.retry_after)}
        return shown(place, wrong=True), 403

    def shown(place: str, *, wrong: bool = False, wait: int = 0) -> str:
        return render_template(
            "access.html",
            place=place,
            wrong=wrong,
            wait=wait,
            longest=LONGEST_CODE,
            at_the_door=True,
        )

    return views


def is_of_a_check() -> bool:
    """Whether the page belongs to a check that this browser has.

    A phone was invited to it; and whoever was let in comes back to a result that was
    paid for, even when the twelve hours are over.
    """
    check_id = (request.view_args or {}).get("check_id")
    return check_id is not None and recall(check_id) is not None


def is_for_programs() -> bool:
    """Whether a program asks the sandbox, and no browser."""
    of_sandbox = request.path.startswith(f"{SANDBOX}/")
    return of_sandbox and "text/html" not in request.headers.get("Accept", "")


def place_wanted() -> str | None:
    """Where this request was going, so far as a link can lead there; None for the start."""
    if request.endpoint == "journey.start":
        chosen = [(n, v) for n in CHOICES for v in request.form.getlist(n)]
        return f"/?{urlencode(chosen)}" if chosen else None
    if request.method not in {"GET", "HEAD"}:
        return None
    query = request.query_string.decode("latin-1")
    place = quote(request.path) + (f"?{query}" if query else "")
    return None if place == "/" else place


def place_within(said: str) -> str:
    """*said* if it can only lead to a page of this demo, else the start."""
    return said if len(said) <= LONGEST_PLACE and PLACE.fullmatch(said) else "/"


def _digest(said: str) -> bytes:
    return hashlib.sha256(plain_code(said).encode(errors="replace")).digest()
