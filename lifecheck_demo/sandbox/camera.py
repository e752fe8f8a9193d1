"""The camera page: its frames, its outcome chooser, its way back, and the photo."""

import hashlib
import json
import math
import secrets
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from . import words
from .checks import Check, CheckBook, TooManyRuns
from .eye import Eye, NoEye
from .frames import BadFrame, read_frame
from .plan import Kind, Step, draw_plan

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
NO_REDIRECT: Final = {"leave": "left", "expire": "expired-now"}


class NotOurs(RuntimeError):
    """The request cannot be served; carries a short name and the HTTP status."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.name = name
        self.status = status


def create_camera(
    book: CheckBook, *, clock: Callable[[], float], random: Random
) -> Blueprint:
    """The page at the vendor's address, and what its script talks to."""
    camera = Blueprint("camera", __name__, url_prefix="/lifecheck/v2")
    eye = Eye()

    @camera.get("/check/index")
    def index() -> ResponseReturnValue:
        token = request.args.get("token", "")
        check = book.find(token)
        problem = problem_with(check)
        if check is None or problem:
            return show_problem(problem, check)
        book.note_origin(token, request.host_url.rstrip("/"))
        plan = draw_plan(check.colours, check.actions, random)
        page = render(
            "check.html",
            check=check,
            seconds_left=book.seconds_left(check),
            flashes=any(step.kind is Kind.FLASH for step in plan.steps),
            expected_seconds=math.ceil(sum(seconds_of(step) for step in plan.steps)),
            remedy=eye.remedy(),
            outcomes=OUTCOMES,
        )
        return with_policy(page, check)

    @camera.post("/check/begin")
    def begin() -> ResponseReturnValue:
        check = open_check()
        if request.form.get("consent") != "1":
            raise NotOurs("consent-missing", 400)
        eye.demand()
        from . import runs

        plan = draw_plan(check.colours, check.actions, random)
        state = runs.new_run(plan, request.form.get("camera", ""))
        state["salt"] = secrets.token_hex(16)
        try:
            run = book.begin_run(check.token, state)
        except TooManyRuns:
            raise NotOurs("too-many-runs", 429) from None
        return jsonify(
            run=run,
            # Told beforehand, so that anybody can see from what is opened at the end
            # that it was not bent. With salt: white and black alone can be guessed.
            hash=hashlib.sha256(sealed(state).encode()).hexdigest(),
            now={"state": "running", "kind": Kind.SETTLE, "fps": runs.FRAMES_A_SECOND},
        )

    @camera.post("/check/frame")
    def frame() -> ResponseReturnValue:
        check = open_check(or_finished=True)
        if check.outcome:
            return led_back(check.token)
        eye.demand()
        from . import runs

        upload = request.files.get("frame")
        if upload is None:
            raise NotOurs("frame-missing", 400)
        told = runs.Told(
            whole_number("seq"),
            number("captured") / 1000,
            whole_number("shown"),
            number("painted") / 1000,
        )
        run_id = request.form.get("run", "")
        state = book.peek(check.token, run_id)
        if state is None:
            return gone(check.token)
        try:
            pixels = read_frame(upload.read())
            measurement = eye.measure(pixels, eyes=state["eyes"])
        except BadFrame as error:
            raise NotOurs(str(error), 400) from error
        try:
            with book.run(check.token, run_id) as run:
                answer = (
                    runs.take_frame(run, told, pixels, measurement, clock(), random)
                    if run
                    else None
                )
        except runs.OutOfOrder:
            raise NotOurs("out-of-order", 409) from None
        if answer is None:
            return gone(check.token)
        if answer["state"] == "done":
            answer.update(redirect=way_back(check.token), opened=sealed(state))
        return jsonify(answer)

    @camera.post("/check/stop")
    def stop() -> ResponseReturnValue:
        check = open_check()
        book.drop_run(check.token, request.form.get("run", ""))
        return jsonify(state="over")

    @camera.post("/check/outcome")
    def outcome() -> ResponseReturnValue:
        token = request.form.get("token", "")
        chosen = request.form.get("outcome", "")
        if crosses_sites():
            return show_problem("bad-outcome", None)
        check = book.find(token)
        problem = problem_with(check)
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

    @camera.get("/photo/<signed>")
    def photo(signed: str) -> ResponseReturnValue:
        jpeg = book.photo(signed)
        if jpeg is None:
            return show_problem("no-photo", None)
        answer = Response(jpeg or DRAWN.read_bytes(), content_type="image/jpeg")
        # An integrator's page, on a port of its own, may show it.
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    @camera.errorhandler(NotOurs)
    def refuse(error: NotOurs) -> ResponseReturnValue:
        return jsonify(error=error.name), error.status

    @camera.errorhandler(NoEye)
    def refuse_blindly(_error: NoEye) -> ResponseReturnValue:
        return refuse(NotOurs("camera-not-installed", 503))

    def open_check(*, or_finished: bool = False) -> Check:
        """The check that a script's request is about, while it can go on."""
        if crosses_sites():
            raise NotOurs("other-site", 403)
        check = book.find(request.form.get("token", ""))
        problem = problem_with(check)
        if check and or_finished and problem == "finished":
            return check
        if check is None or problem:
            raise NotOurs(problem, 409 if problem == "finished" else STATUS[problem])
        return check

    def gone(token: str) -> ResponseReturnValue:
        """The answer when a run is not there: another frame may have ended the check."""
        problem = problem_with(book.find(token)) or "no-such-run"
        if problem == "finished":
            return led_back(token)
        raise NotOurs(problem, STATUS[problem])

    def led_back(token: str) -> ResponseReturnValue:
        """What the frames get that were under way when the check ended."""
        return jsonify(state="done", redirect=way_back(token))

    def problem_with(check: Check | None) -> str:
        if check is None:
            return "unknown"
        if check.outcome:
            return "finished"
        return "expired" if book.is_over(check) else ""

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
    "bad-outcome": 400,
}
# Problem pages from which the way on is the address that the caller gave.
LEADS_BACK: Final = frozenset({"finished"})


def seconds_of(step: Step) -> float:
    """About how long a step takes somebody who follows it."""
    if step.kind is Kind.FLASH:
        return sum(segment.seconds for segment in step.attempts[0])
    return {Kind.SETTLE: 2.0, Kind.LOOK: 6.0, Kind.ACTION: 3.0}[step.kind]


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


def sealed(state: dict[str, Any]) -> str:
    """What the hash of `begin` is made of: the drawn plan behind its salt."""
    return f"{state['salt']}{json.dumps(state['plan'])}"


def crosses_sites() -> bool:
    """Whether a browser says that another site sends this."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}


def render(template: str, **context: Any) -> str:
    """A page in the visitor's language."""
    lang = language()
    other = "en" if lang == "zh" else "zh"
    token = request.values.get("token", "")

    def say(key: str, **values: object) -> str:
        return words.say(lang, key, **values)

    return render_template(
        template,
        lang=lang,
        other_lang=other,
        say=say,
        token=token,
        switch_url=url_for("camera.index", token=token, lang=other),
        **context,
    )


def language() -> str:
    """Asked for, remembered by the host's other pages, or the browser's own."""
    wishes = (request.values.get("lang"), request.cookies.get("lang"))
    chosen = next((wish for wish in wishes if wish in words.LANGUAGES), None)
    return chosen or request.accept_languages.best_match(words.LANGUAGES) or "en"


def with_policy(page: str, check: Check | None) -> Response:
    """*page* with its headers; only what the sandbox serves may run in it.

    A browser holds the redirect that answers a form against `form-action` too, so the
    origin to return to has to be named there.
    """
    response = make_response(page)
    back = ""
    if check and not check.returns_to_app:
        parts = urlsplit(check.return_url)
        back = f" {parts.scheme}://{parts.netloc}"
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "media-src 'self' blob:",
            f"form-action 'self'{back}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )
    response.headers["Permissions-Policy"] = "camera=(self), microphone=()"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Content-Language"] = language()
    response.vary.update(("Accept-Language", "Cookie"))
    return response
