"""The tutorial: eight steps, with a real call to the sandbox beside each."""

import json
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urljoin

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .addresses import SANDBOX_PATH, Addresses, PublicUrlMissing
from .cases import CASES, GROUPS
from .challenge import ACTIONS, Challenge, parse_challenge, remarks_on
from .client import InitRequest
from .desk import ResultDesk
from .i18n import language
from .lessons import (
    BY_NAME,
    EXAMPLE_BY_NAME,
    EXAMPLES,
    LESSONS,
    MOST_TYPED,
    NEXT,
    TOPICS,
    Lesson,
    return_problem,
)
from .outcomes import Finding, Outcome, words_for
from .settings import Settings
from .snippets import DEFAULT, LANGUAGES, Language, Program, Service, in_shell, programs
from .snippets import RETURN_URL as HANDLER_URL
from .starting import Starter, UnderWay
from .visit import Visit, is_id, new_id, recall_own
from .wire import Row, Wire, as_seen_outside, curl_of

# Where this browser is in the tutorial: its step, and the ids of what it has tried.
SESSION_KEY: Final = "learn"
# A sandbox that runs alone, as the commands start it.
ALONE: Final = f"http://127.0.0.1:9000{SANDBOX_PATH}"
# Where the sandbox's camera page sends the outcome that somebody has chosen on it.
CHOOSER: Final = f"{SANDBOX_PATH}/check/outcome"
PARAMETERS: Final = ("returnUrl", "colors", "actions")
USUAL: Final = Challenge(actions=("LookFront", "BlinkEye"))
WRONG_KEY: Final = "init-aliyun-bad-appcode"
EXPIRED: Final = "301"
# A case is asked for its result as often as that; a program would pause in between.
MOST_ASKED: Final = 3
COME_BACK_ODDLY: Final = {
    case.name for group in GROUPS if group.name == "return" for case in group.cases
}


def create_learn(
    settings: Settings,
    desk: ResultDesk,
    wire: Wire,
    addresses: Addresses,
    starter: Starter,
    *,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """The steps; with a live service they explain, and nothing here calls it."""
    learn = Blueprint("learn", __name__, url_prefix="/learn")

    @learn.before_request
    def only_on_the_sandbox() -> ResponseReturnValue | None:
        """Every call to a live service may be charged: no button counts there."""
        if request.method != "POST" or not hindrance():
            return None
        name = request.path.removeprefix(learn.url_prefix or "").strip("/")
        return show(BY_NAME[name]), 403

    @learn.get("", defaults={"name": ""})
    @learn.get("/<name>")
    def step(name: str) -> ResponseReturnValue:
        if name not in BY_NAME:
            abort(404)
        note(step=name)
        return show(BY_NAME[name])

    @learn.post("")
    def see_one() -> ResponseReturnValue:
        return to_camera(new_check(Challenge()))

    @learn.post("/set-up")
    def use_a_wrong_key() -> ResponseReturnValue:
        visit = starter.begin(visit_for(USUAL, what_if=WRONG_KEY))
        note(**{"set-up": visit.id})
        return back_to("set-up")

    @learn.post("/init")
    def init() -> ResponseReturnValue:
        ticket = request.form.get("ticket", "")
        back, colours, actions = (request.form.get(n, "").strip() for n in PARAMETERS)
        example = EXAMPLE_BY_NAME.get(request.form.get("example", ""))
        if example:
            colours, actions = example.colours, example.actions
        elif max(map(len, (back, colours, actions))) > MOST_TYPED:
            return show(BY_NAME["init"], typed=(back, colours, actions)), 422
        shown = addresses.return_url(ticket)

        def back_of(visit: Visit) -> str:
            own = addresses.return_url(visit.id)
            if example:
                return example.return_url(own)
            return own if back == shown else back

        def wish(visit: Visit) -> InitRequest:
            wanted = (tuple(given.split(",")) for given in (colours, actions))
            return InitRequest(back_of(visit), *wanted)

        check_id = ticket if is_id(ticket) else ""
        visit = visit_for(parse_challenge([colours], [actions]), check_id=check_id)
        try:
            visit = starter.begin(visit, wish)
        except UnderWay:
            return back_to("init")
        note(init=visit.id)
        if visit.token and back_of(visit) == addresses.return_url(visit.id):
            keep(visit)
        return back_to("init")

    @learn.post("/camera")
    def begin_again() -> ResponseReturnValue:
        without = request.form.get("without_flashing")
        wanted = challenge_of_the_check()
        visit = new_check(Challenge(actions=wanted.actions) if without else wanted)
        return to_camera(visit) if without else back_to("camera")

    @learn.post("/return")
    def forge() -> ResponseReturnValue:
        """The address as somebody types it who has not been before any camera."""
        visit = new_check(challenge_of_the_check())
        back = url_for(
            "journey.returned", check_id=visit.id, token=visit.token, success="true"
        )
        return redirect(back, 303)

    @learn.post("/result")
    def ask() -> ResponseReturnValue:
        late = EXPIRED if request.form.get("late") else ""
        check = the_check()
        if check is None or late or is_over(check):
            check = new_check(challenge_of_the_check(), what_if=late)
        desk.ask(check)
        return back_to("result")

    @learn.post("/faults")
    def provoke() -> ResponseReturnValue:
        name = request.form.get("what_if", "")
        if name not in CASES:
            return show(BY_NAME["faults"], unknown=True), 422
        visit = starter.begin(visit_for(USUAL, what_if=name))
        note(faults=visit.id, case=name)
        if name in COME_BACK_ODDLY:
            starter.keep(visit)
            return to_camera(visit)
        for _again in range(MOST_ASKED if visit.token else 0):
            finding = desk.ask(visit).finding
            if finding and finding.outcome is not Outcome.NO_RESULT_YET:
                break
        return back_to("faults")

    @learn.get("/program/<file>")
    def program_file(file: str) -> ResponseReturnValue:
        """One program, for `curl` to fetch: as the page shows it."""
        wanted = parse_challenge(
            request.args.getlist("colors"), request.args.getlist("actions")
        )
        found = [
            program
            for spoken in LANGUAGES.values()
            if file in spoken.files
            for program in written(spoken, wanted)
            if program.file == file
        ]
        if not found:
            abort(404)
        return Response(found[0].text, content_type="text/plain; charset=utf-8")

    def show(lesson: Lesson, **more: Any) -> str:
        number = LESSONS.index(lesson)
        check = the_check()
        return render_template(
            f"learn/{lesson.name or 'what'}.html",
            lesson=lesson,
            lessons=LESSONS,
            number=number + 1,
            before=LESSONS[number - 1] if number else None,
            after=LESSONS[number + 1] if number + 1 < len(LESSONS) else None,
            hindrance=hindrance(),
            alone=ALONE,
            curl_of=curl_of,
            action_words={action.name: action.words for action in ACTIONS},
            check=check,
            standing=desk.standing(check) if check else None,
            is_over=check is None or is_over(check),
            seconds_left=check.seconds_left(clock()) if check else 0,
            chooser=CHOOSER,
            camera_page=addresses.camera_page(check) if check and check.token else "",
            rows=rows_of(check.id) if check else [],
            **(details[lesson.name](**more) if lesson.name in details else {}),
        )

    def about_set_up() -> dict[str, Any]:
        return {
            "init_url": addresses.init_url,
            "result_url": addresses.result_url,
            "h5_url": addresses.whole_h5_url,
            "tried": rows_of(place("set-up"), "init"),
        }

    def about_init(typed: tuple[str, ...] = ()) -> dict[str, Any]:
        ticket = new_id()
        own, own_then = "", ""
        if not hindrance():
            own, own_then = (addresses.return_url(n) for n in (ticket, place("init")))
        tried = rows_of(place("init"), "init")
        sent = dict(tried[-1].sent.parameters) if tried else {}
        back, colours, actions = (sent.get(name, "") for name in PARAMETERS)
        challenge = parse_challenge([colours], [actions])
        # An init that succeeded has no finding: later its check has one, under its id.
        failed = bool(tried) and bool(tried[-1].failure)
        finding = finding_of(place("init")) if failed else None
        is_own = bool(tried) and back == own_then
        return {
            "ticket": ticket,
            "own": own,
            "examples": EXAMPLES,
            "most": MOST_TYPED,
            "too_long": bool(typed),
            "fields": typed or (own if is_own or not tried else back, colours, actions),
            "tried": tried,
            "code": code_in(tried[-1]) if tried else "",
            "sent": sent,
            "is_own": is_own,
            "is_current": place("init") == place("check"),
            "finding": finding,
            "problem": return_problem(back) if finding else "",
            "remarks": [r for r in remarks_on(challenge) if not r.is_warning and finding],
        }

    def about_faults(*, unknown: bool = False) -> dict[str, Any]:
        finding = finding_of(place("faults"))
        return {
            "groups": GROUPS,
            "unknown": unknown,
            "case": CASES.get(place("case")),
            "finding": finding,
            "words": words_for(finding) if finding else None,
            "next": NEXT[finding.outcome] if finding else "",
            "tried": rows_of(place("faults"), "init", "back", "result"),
        }

    def about_program() -> dict[str, Any]:
        spoken = LANGUAGES.get(request.args.get("code", ""), LANGUAGES[DEFAULT])
        challenge = challenge_of_the_check()
        found = written(spoken, challenge)
        return {
            "code_language": spoken,
            "code_languages": LANGUAGES.values(),
            "programs": found,
            "challenge": challenge,
            "fetch": {program.part: fetching(program, challenge) for program in found},
            "handler_url": urljoin(HANDLER_URL, "/"),
            "topics": TOPICS,
            "by_name": BY_NAME,
        }

    details: dict[str, Callable[..., dict[str, Any]]] = {
        "set-up": about_set_up,
        "init": about_init,
        "faults": about_faults,
        "program": about_program,
    }

    def hindrance() -> str:
        """Why nothing can be run here: a word for the page, or empty."""
        if not settings.sandboxed:
            return "live"
        try:
            addresses.return_url(new_id())
        except PublicUrlMissing:
            return "no-address"
        return ""

    def visit_for(wanted: Challenge, *, check_id: str = "", what_if: str = "") -> Visit:
        visit_id = check_id or new_id()
        return Visit(visit_id, clock(), wanted.colours, wanted.actions, what_if=what_if)

    def new_check(wanted: Challenge, *, what_if: str = "") -> Visit:
        """A check of this browser like any other, which the steps go on with."""
        visit = starter.begin(visit_for(wanted, what_if=what_if))
        keep(visit)
        return visit

    def keep(visit: Visit) -> None:
        starter.keep(visit)
        note(check=visit.id)

    def the_check() -> Visit | None:
        """The check that the steps are about, while this browser remembers it."""
        return recall_own(place("check"))

    def challenge_of_the_check() -> Challenge:
        check = the_check()
        return check.challenge if check else USUAL

    def is_over(check: Visit) -> bool:
        return not check.token or desk.standing(check).is_final

    def finding_of(check_id: str) -> Finding | None:
        """What a call came to that was only tried out."""
        return desk.standing(visit_for(USUAL, check_id=check_id)).finding

    def rows_of(check_id: str, *names: str) -> list[Row]:
        rows = as_seen_outside(wire.rows(check_id), addresses.origin)
        return [row for row in rows if not names or row.name in names]

    def to_camera(visit: Visit) -> ResponseReturnValue:
        if not visit.token:
            return redirect(url_for("journey.result", check_id=visit.id), 303)
        return redirect(addresses.camera_page(visit), 303)

    def service() -> Service:
        """What the programs speak to: a sandbox, and never a service that charges."""
        if not settings.sandboxed:
            return Service(
                f"{ALONE}/init", f"{ALONE}/result", f"{ALONE}/check/index", "none"
            )
        camera = addresses.whole_h5_url
        return Service(addresses.init_url, addresses.result_url, camera, "none")

    def written(spoken: Language, wanted: Challenge) -> tuple[Program, ...]:
        wish = InitRequest(HANDLER_URL, wanted.colours, wanted.actions)
        return programs(spoken, service(), wish.parameters(), say=_)

    def fetching(program: Program, wanted: Challenge) -> str:
        """The command that brings a program here, for the challenge that is shown."""
        path = url_for(
            ".program_file",
            file=program.file,
            colors=",".join(wanted.colours) or None,
            actions=",".join(wanted.actions) or None,
            lang=language(),
        )
        return f"curl -sS -o {program.file} {in_shell(addresses.origin + path)}"

    learn.add_app_template_global(step_to_go_on_at, "tutorial_step")
    return learn


def code_in(row: Row) -> str:
    """The code of a call's answer, as it came; empty where there was none to read."""
    try:
        return str(json.loads(row.came.body)["code"])
    except (ValueError, TypeError, KeyError):
        return ""


def note(**said: str) -> None:
    """Keep where this browser is in the tutorial."""
    session[SESSION_KEY] = {**session.get(SESSION_KEY, {}), **said}


def place(name: str) -> str:
    """What `note` has kept under *name*, or empty."""
    return str(session.get(SESSION_KEY, {}).get(name, ""))


def back_to(name: str) -> ResponseReturnValue:
    """To a step, at what was run there."""
    return redirect(f"{url_for('learn.step', name=name)}#live", 303)


def step_to_go_on_at(check_id: str) -> str:
    """The address of the tutorial for a check that was begun in it; empty for others."""
    lesson = BY_NAME.get(place("step"))
    if lesson is None or check_id not in (place("check"), place("faults")):
        return ""
    return f"{url_for('learn.step', name=lesson.then)}#live"
