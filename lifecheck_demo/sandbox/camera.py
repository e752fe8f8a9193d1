"""The camera page: its frames, its outcome chooser, its way back, and the photo."""

import hashlib
import json
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from . import faults, words
from .aside import Aside, Busy
from .checks import Check, CheckBook, TooManyRuns
from .eye import Eye, NoEye
from .faults import Part
from .frames import LARGEST, LARGEST_STILL, BadFrame, read_frame
from .guard import crosses_sites
from .line import Place
from .pages import origin, render, with_policy
from .places import NoPlace, Places
from .plan import Kind, draw_plan, expected_seconds

if TYPE_CHECKING:
    from .runs import Runs

OUTCOMES: Final = (
    "passed",
    "202-hijack",
    "202-actions",
    "202-face",
    "203-browser",
    "203-permission",
    "203-actions",
    "203-other",
)
# What a pass without a camera shows; drawn by tools/draw_portrait.py.
DRAWN: Final = Path(__file__).parent / "static" / "portrait.jpg"
# When a frame that found no room may be followed by the next one, in seconds.
BUSY_SECONDS: Final = 1
NO_REDIRECT: Final = {"leave": "left", "expire": "expired-now"}


class NotOurs(RuntimeError):
    """The request cannot be served; carries a short name and the HTTP status.

    *more* is told beside the name.
    """

    def __init__(self, name: str, status: int, **more: Any) -> None:
        super().__init__(name)
        self.name = name
        self.status = status
        self.more = more


def create_camera(
    book: CheckBook,
    *,
    clock: Callable[[], float],
    random: Random,
    judges: int,
    places: int,
) -> Blueprint:
    """The page at the vendor's address, and what its script talks to.

    Frames are measured and runs judged in as many threads as there are *judges*, beside
    those that answer. So many runs may be before the camera at once: *places*.
    """
    camera = Blueprint("camera", __name__, url_prefix="/lifecheck/v2")
    eye = Eye()
    aside = Aside(judges, prepare=eye.open)
    hall = Places(book, clock=clock, places=places)

    @cache
    def runs() -> "Runs":
        """The runs, from the first camera on: the judge behind them is heavy."""
        from .runs import Runs

        return Runs(book, aside, clock=clock, random=random)

    @camera.get("/check/index")
    def index() -> ResponseReturnValue:
        token = request.args.get("token", "")
        check = book.find(token)
        if check and check.fault and ends_by_itself(check.fault):
            return led_back_at_once(check)
        problem = book.problem_with(check)
        if check is None or problem:
            return show_problem(problem, check)
        book.note_origin(token, origin())
        page = render(
            "check.html",
            check=check,
            seconds_left=book.seconds_left(check),
            flashes=bool(check.colours),
            expected_seconds=expected_seconds(check.colours, check.actions),
            spoken=words.SPOKEN,
            failures=words.FAILURES,
            remedy=eye.remedy(),
            consent=words.CONSENT,
            privacy_page=current_app.config["PRIVACY_PAGE"],
            outcomes=OUTCOMES,
        )
        return with_policy(page, check)

    @camera.post("/check/place")
    def place() -> ResponseReturnValue:
        check = open_check()
        return jsonify(told_of(hall.ask(check), check))

    @camera.post("/check/begin")
    def begin() -> ResponseReturnValue:
        check = open_check()
        # The page names the text that it has shown; programs may say 1 for the present one.
        if request.form.get("consent") not in {words.CONSENT, "1"}:
            raise NotOurs("consent-missing", 400)
        eye.demand()
        try:
            hall.begin(check)
        except NoPlace as error:
            zh, en = words.NO_PLACE
            more = told_of(error.place, check)
            raise NotOurs("no-place", 409, zh=zh, en=en, **more) from None
        book.note_consent(check.token, words.CONSENT)
        from .runs import FRAMES_A_SECOND

        plan, salt = draw_plan(check.colours, check.actions, random), secrets.token_hex(16)
        try:
            run = runs().begin(check.token, plan, request.form.get("camera", ""), salt)
        except TooManyRuns:
            hall.leave(check.token)
            raise NotOurs("too-many-runs", 429) from None
        # While the page gets its first picture ready.
        aside.wake()
        return jsonify(
            run=run,
            # Told beforehand, so that anybody can see from what is opened at the end
            # that it was not bent. With salt: white and black alone can be guessed.
            hash=hashlib.sha256(sealed(salt, plan.to_record()).encode()).hexdigest(),
            now={
                "state": "running",
                "kind": Kind.SETTLE,
                "fps": FRAMES_A_SECOND,
                "want_still": False,
            },
        )

    @camera.post("/check/frame")
    def frame() -> ResponseReturnValue:
        check = open_check(or_finished=True)
        if check.outcome:
            return led_back(check.token)
        eye.demand()
        from .runs import OutOfOrder, Picture, Told, TooManyFrames, is_late

        told = Told(
            whole_number("seq"),
            number("captured") / 1000,
            whole_number("shown"),
            number("painted") / 1000,
        )
        run = request.form.get("run", "")
        state = book.peek(check.token, run)
        if state is None:
            return gone(check.token)

        hall.stay(check.token)

        def seen(data: bytes, largest: int) -> Picture:
            pixels = read_frame(data, largest)
            # The eyes in every frame: whatever was asked for, a blink shows life.
            return Picture(pixels, eye.measure(pixels, eyes=True))

        if "frame" not in request.files:
            raise NotOurs("frame-missing", 400)
        try:
            # Before anything is measured: a replay shall cost nothing.
            is_late(told.seq, state)
            posted = request.files["frame"].read()
            wanted = state["want_still"] and "still" in request.files
            larger = request.files["still"].read() if wanted else b""
            small, still = aside.do(
                lambda: (
                    seen(posted, LARGEST),
                    seen(larger, LARGEST_STILL) if wanted else None,
                )
            )
            answer = runs().take(check.token, run, told, small, still)
        except BadFrame as error:
            raise NotOurs(str(error), 400) from error
        except OutOfOrder:
            raise NotOurs("out-of-order", 409) from None
        except TooManyFrames:
            raise NotOurs("too-many-frames", 429) from None
        if answer is None:
            return gone(check.token)
        if answer["state"] == "ended":
            if not runs().judge(check.token, run):
                return gone(check.token)
            hall.leave(check.token)
            opened = sealed(state["salt"], state["plan"])
            answer.update(state="done", redirect=way_back(check.token), opened=opened)
        return jsonify(answer)

    @camera.post("/check/stop")
    def stop() -> ResponseReturnValue:
        check = open_check()
        book.drop_run(check.token, request.form.get("run", ""))
        hall.leave(check.token)
        return jsonify(state="over")

    @camera.post("/check/outcome")
    def outcome() -> ResponseReturnValue:
        token = request.form.get("token", "")
        chosen = request.form.get("outcome", "")
        if crosses_sites(request):
            return show_problem("bad-outcome", None)
        check = book.find(token)
        problem = book.problem_with(check)
        if check is None or problem:
            return show_problem(problem, check)
        if chosen not in (*OUTCOMES, *NO_REDIRECT):
            return show_problem("bad-outcome", check)
        if chosen in NO_REDIRECT:
            if chosen == "expire":
                book.expire(token)
            return show_problem(NO_REDIRECT[chosen], check)
        book.finish(token, chosen)
        return redirect(way_back(token), 303)

    @camera.get("/check/ended")
    def ended() -> ResponseReturnValue:
        check = book.find(request.args.get("token", ""))
        if check is None or not check.outcome or not check.returns_to_app:
            return show_problem("unknown", None)
        return with_policy(render("ended.html", check=check), check)

    @camera.get("/photo/<name>")
    def photo(name: str) -> ResponseReturnValue:
        jpeg = book.photo(name)
        if jpeg is None:
            return show_problem("no-photo", None)
        answer = Response(jpeg or DRAWN.read_bytes(), content_type="image/jpeg")
        # An integrator's page, on a port of its own, may show it.
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    @camera.errorhandler(NotOurs)
    def refuse(error: NotOurs) -> ResponseReturnValue:
        return jsonify(error=error.name, **error.more), error.status

    @camera.errorhandler(Busy)
    def refuse_for_now(_error: Busy) -> ResponseReturnValue:
        answer = jsonify(error="busy", retry_after=BUSY_SECONDS)
        answer.headers["Retry-After"] = str(BUSY_SECONDS)
        return answer, 503

    @camera.errorhandler(NoEye)
    def refuse_blindly(_error: NoEye) -> ResponseReturnValue:
        return refuse(NotOurs("camera-not-installed", 503))

    def open_check(*, or_finished: bool = False) -> Check:
        """The check that a script's request is about, while it can go on."""
        if crosses_sites(request):
            raise NotOurs("other-site", 403)
        check = book.find(request.form.get("token", ""))
        problem = book.problem_with(check)
        if check and or_finished and problem == "finished":
            return check
        if check is None or problem:
            raise NotOurs(problem, 409 if problem == "finished" else STATUS[problem])
        return check

    def told_of(place: Place, check: Check) -> dict[str, Any]:
        """Where a check stands in the line, as its page is told."""
        state = "yours" if place.yours else "full" if place.full else "waiting"
        run = expected_seconds(check.colours, check.actions)
        late = not place.full and place.seconds + run > book.seconds_left(check)
        return {
            "state": state,
            "seconds": place.seconds,
            "ahead": place.ahead,
            "again": place.again,
            "too_late": late,
        }

    def gone(token: str) -> ResponseReturnValue:
        """The answer when a run is not there: another frame may have ended the check."""
        problem = book.problem_with(book.find(token)) or "no-such-run"
        if problem == "finished":
            return led_back(token)
        raise NotOurs(problem, STATUS[problem])

    def led_back(token: str) -> ResponseReturnValue:
        """What the frames get that were under way when the check ended."""
        return jsonify(state="done", redirect=way_back(token))

    def led_back_at_once(check: Check) -> ResponseReturnValue:
        """What a check gets that goes wrong on purpose: no camera, and off it goes."""
        book.note_origin(check.token, origin())
        if not check.returns_to_app and not check.redirect():
            return show_problem("not-sent-back", check)
        return redirect(way_back(check.token), 303)

    def show_problem(kind: str, check: Check | None) -> ResponseReturnValue:
        back = check.redirect() if check and kind in LEADS_BACK else ""
        if check and check.returns_to_app:
            back = way_back(check.token) if check.outcome else ""
        page = render("problem.html", kind=kind, back=back, check=check)
        return with_policy(page, check), STATUS[kind]

    def way_back(token: str) -> str:
        check = book.find(token)
        if check is None:
            raise NotOurs("unknown", 404)
        if check.returns_to_app:
            return url_for("camera.ended", token=token)
        return check.redirect()

    return camera


# What each problem page is answered with.
STATUS: Final = {
    "unknown": 404,
    "no-photo": 404,
    "no-such-run": 404,
    "expired": 410,
    "finished": 200,
    "left": 200,
    "expired-now": 200,
    "not-sent-back": 200,
    "bad-outcome": 400,
}
# Problem pages from which the way on is the address that the caller gave.
LEADS_BACK: Final = frozenset({"finished"})


def ends_by_itself(name: str) -> bool:
    """Whether a check with that fault needs nobody before the camera."""
    fault = faults.find(name)
    return fault is not None and fault.part is not Part.INIT


def whole_number(name: str) -> int:
    """A number of the request; raises `NotOurs`."""
    value = request.form.get(name, "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise NotOurs(f"{name}-is-no-number", 400)
    return int(value)


def number(name: str) -> float:
    """A number of the request, 0 when absent; raises `NotOurs`."""
    try:
        value = float(request.form.get(name) or 0)
    except ValueError:
        raise NotOurs(f"{name}-is-no-number", 400) from None
    if not 0 <= value < 1e12:
        raise NotOurs(f"{name}-is-no-number", 400)
    return value


def sealed(salt: str, plan: dict[str, Any]) -> str:
    """What the hash of `begin` is made of: the drawn plan behind its salt."""
    return f"{salt}{json.dumps(plan)}"
