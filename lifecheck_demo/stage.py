"""Presenter mode: the same check for an audience, one thing at a time."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from . import keepsakes
from .addresses import CHECK_ID, Addresses
from .challenge import ACTION_BY_NAME, ACTIONS, COLOUR_BY_HEX, SCENARIOS
from .consent import Consents
from .desk import ResultDesk, Standing
from .forms import DEFAULT_SCENARIO, ChallengeForm
from .handoff import trouble_of
from .outcomes import words_for
from .settings import Settings
from .visit import Visit, forget, is_id, recall_own, visits

COOKIE: Final = "stage"
TWELVE_HOURS: Final = 12 * 3600


@dataclass(frozen=True)
class Neighbours:
    """The scenes before and after one; `onward` is empty where a button leads on."""

    back: str
    onward: str = ""


def is_presenting() -> bool:
    """Whether this browser is in presenter mode."""
    return keepsakes.read(COOKIE) is not None


def create_stage(
    settings: Settings, desk: ResultDesk, addresses: Addresses, consents: Consents
) -> Blueprint:
    """The scenes around the journey; the result's own is a template of the journey's."""
    stage = Blueprint("stage", __name__, url_prefix="/stage")

    # Before a check

    @stage.get("")
    def welcome() -> ResponseReturnValue:
        near = Neighbours("", url_for(".choose"))
        return entering(render_template("stage/welcome.html", near=near))

    @stage.get("/choose")
    def choose() -> ResponseReturnValue:
        usual = url_for(".ready", scenario=DEFAULT_SCENARIO)
        page = render_template(
            "stage/choose.html",
            near=Neighbours(url_for(".welcome"), usual),
            scenarios=SCENARIOS,
            usual=DEFAULT_SCENARIO,
        )
        return entering(page)

    @stage.get("/ready")
    def ready() -> ResponseReturnValue:
        form = ChallengeForm.preset(request.args)
        challenge = form.challenge
        if form.has_faults:
            # The form says what is wrong, and how to mend it.
            wishes = urlencode(list(request.args.items(multi=True)))
            return redirect(f"{url_for('journey.form')}?{wishes}")
        seconds = next((s.seconds for s in SCENARIOS if s.challenge.same_as(challenge)), 0)
        page = render_template(
            "stage/ready.html",
            near=Neighbours(url_for(".choose")),
            settings=settings,
            challenge=challenge,
            seconds=seconds,
            asked=[ACTION_BY_NAME[name] for name in challenge.actions] or ACTIONS[:1],
            colours=[COLOUR_BY_HEX[code] for code in challenge.colours],
            phone_trouble=trouble_of(addresses.origin, sandboxed=settings.sandboxed),
        )
        return entering(page)

    # After it

    @stage.get(f"/check/{CHECK_ID}")
    def result(check_id: str) -> ResponseReturnValue:
        """Enter at a result that was shown in the ordinary way."""
        return entering(redirect(url_for("journey.result", check_id=check_id)))

    @stage.get(f"/check/{CHECK_ID}/judged", endpoint="judged")
    @stage.get(f"/check/{CHECK_ID}/trust", endpoint="trust")
    def proof(check_id: str) -> ResponseReturnValue:
        visit = recall_own(check_id)
        if visit is None:
            return render_template("foreign.html"), 404
        standing = desk.standing(visit)
        scene = str(request.endpoint).rpartition(".")[2]
        if standing.finding is None or here(visit) not in scenes_of(visit, standing):
            return redirect(url_for("journey.result", check_id=check_id))
        page = render_template(
            f"stage/{scene}.html",
            near=neighbours(visit, standing),
            visit=visit,
            finding=standing.finding,
            words=words_for(standing.finding),
            claims=standing.claims,
        )
        return entering(page)

    @stage.get(f"/check/{CHECK_ID}/camera")
    def camera(check_id: str) -> ResponseReturnValue:
        """To the camera page: a link there would show its token on the screen."""
        visit = recall_own(check_id)
        if visit is None or not visit.token:
            return render_template("foreign.html"), 404
        if consents.missing(visit):
            return redirect(url_for("journey.result", check_id=check_id), 303)
        return redirect(addresses.camera_page(visit), 303)

    @stage.get("/end")
    def end() -> ResponseReturnValue:
        newest = next((visit for visit in visits() if not visit.guest), None)
        back = url_for(".welcome")
        if newest:
            back = scenes_of(newest, desk.standing(newest))[-2]
        page = render_template("stage/end.html", near=Neighbours(back), settings=settings)
        return entering(page)

    @stage.post("/reset")
    def reset() -> ResponseReturnValue:
        """Take away all that this browser's visitors have left behind."""
        guests = visits()
        for visit in guests:
            if not visit.guest:
                desk.forget(visit)
            forget(visit.id)
        if guests and settings.sandboxed:
            flash(_("Photo, token and answer of the last guests are gone."))
        elif guests:
            flash(_("Token and answer of the last guests are gone from this demo."))
        return entering(redirect(url_for(".welcome"), 303))

    @stage.post("/leave")
    def leave() -> ResponseReturnValue:
        check_id = request.form.get("check", "")
        if is_id(check_id):
            # The audience is still there: the face stays veiled until it is asked for.
            way_out = url_for("journey.result", check_id=check_id, veiled=1)
        else:
            way_out = url_for("journey.form")
        answer = redirect(way_out, 303)
        keepsakes.drop(answer, COOKIE)
        return answer

    def scenes_of(visit: Visit, standing: Standing) -> list[str]:
        """The addresses of the scenes after a check, in order."""
        found = standing.finding
        scenes = [url_for("journey.result", check_id=visit.id)]
        # Only a sandbox in this process shows a picture: nothing is loaded from elsewhere.
        if found and found.explained_picture.startswith("/"):
            scenes.append(url_for("stage.judged", check_id=visit.id))
        if standing.claims is not None and standing.is_final:
            scenes.append(url_for("stage.trust", check_id=visit.id))
        return [*scenes, url_for("stage.end")]

    @stage.app_template_global()
    def neighbours(visit: Visit, standing: Standing) -> Neighbours:
        """Those of the scene that this request shows."""
        scenes = [url_for("stage.choose"), *scenes_of(visit, standing)]
        place = scenes.index(here(visit))
        return Neighbours(scenes[place - 1], scenes[place + 1])

    def here(visit: Visit) -> str:
        return url_for(str(request.endpoint), check_id=visit.id)

    @stage.app_template_global()
    def has_guests() -> bool:
        return bool(visits())

    @stage.app_context_processor
    def tell() -> dict[str, object]:
        return {"presenting": is_presenting()}

    return stage


def entering(answer: ResponseReturnValue) -> Response:
    """*answer*, with presenter mode on from now."""
    response = make_response(answer)
    keepsakes.keep(response, COOKIE, "on", TWELVE_HOURS)
    return response
