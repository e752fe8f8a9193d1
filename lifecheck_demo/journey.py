"""The views in the order they happen: form, start, returned, result, forget."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .cases import CASES, GROUPS, auth_to_provoke
from .challenge import ACTIONS, PALETTE, SCENARIOS, Challenge
from .client import InitRequest, LifecheckClient, LifecheckError
from .desk import KEPT, ResultDesk
from .forms import RETURN_MODES, ChallengeForm
from .logs import new_reference
from .outcomes import Finding, Outcome, finding_of_failure, words_for
from .settings import Settings, is_loopback
from .snippets import LANGUAGES, RETURN_URL, Program, Service, programs, without_secrets
from .store import Store
from .visit import Visit, forget, is_id, new_id, recall, remember, visits

log = logging.getLogger(__name__)

CHECK_ID: Final = "<string(length=16):check_id>"
# 201 is asked again by itself after these pauses, in seconds; then a button is left.
PAUSES: Final = (1, 2, 4)
MOST_CLAIM_CHARACTERS: Final = 40
MOST_CLAIMS: Final = 4
SANDBOX_INIT: Final = "/sandbox/lifecheck/v2/init"
SANDBOX_RESULT: Final = "/sandbox/lifecheck/v2/result"


class PublicUrlMissing(RuntimeError):
    """The browser uses an address that only PUBLIC_URL could vouch for."""


def create_journey(
    settings: Settings,
    client: LifecheckClient,
    store: Store,
    desk: ResultDesk,
    *,
    h5_url: str,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """The journey, spoken through *client* and remembered in *store*."""
    journey = Blueprint("journey", __name__)

    @journey.get("/")
    def form() -> ResponseReturnValue:
        return show_form(ChallengeForm.preset(request.args))

    @journey.post("/")
    def start() -> ResponseReturnValue:
        form = ChallengeForm()
        if form.what_if.data and not settings.sandboxed:
            # The live service has no magic credentials, and every call may be charged.
            form.what_if.data = "live"
        if not form.can_start():
            return show_form(form, refused=True), 422
        visit = Visit(
            id=fresh_id(form.ticket.data or ""),
            started_at=clock(),
            colours=form.challenge.colours,
            actions=form.challenge.actions,
            return_path=form.app_path,
            what_if=form.what_if.data or "",
        )
        try:
            back = form.app_path or return_url(visit.id)
            auth = auth_to_provoke(visit.what_if)
            started = client.start(form.to_request(back), auth=auth)
        except PublicUrlMissing:
            return not_started(visit, Finding(Outcome.SET_UP_PROBLEM, cause="public-url"))
        except LifecheckError as error:
            return not_started(visit, finding_of_failure(error, new_reference()), error)
        visit = replace(visit, token=started.token)
        remember(visit)
        return redirect(camera_page(visit), 303)

    @journey.get(f"/return/{CHECK_ID}")
    def returned(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        token, claims = read_return(request.query_string.decode(errors="replace"))
        if visit is None or (token and not visit.owns(token)):
            return render_template("foreign.html"), 403
        before = desk.standing(visit)
        if claims or token:
            desk.note_claims(visit, claims)
        desk.ask(visit)
        if before.is_final and before.claims not in (None, claims):
            flash(_("The address says something else now. The answer has not changed."))
        return redirect(url_for(".result", check_id=check_id), 303)

    @journey.get(f"/check/{CHECK_ID}")
    def result(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        if visit is None:
            return render_template("foreign.html"), 404
        return show_result(visit)

    @journey.post(f"/check/{CHECK_ID}/ask")
    def ask(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        if visit is None:
            return render_template("foreign.html"), 404
        desk.ask(visit)
        return redirect(url_for(".result", check_id=check_id), 303)

    @journey.get(f"/check/{CHECK_ID}/photo")
    def photo(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        finding = desk.standing(visit).finding if visit else None
        if finding is None or not finding.photo_url:
            abort(404)
        try:
            photo = client.photo(finding.photo_url)
        except LifecheckError as error:
            reference = new_reference()
            log.warning(
                "photo not fetched",
                extra={"reference": reference, "failure": repr(error)},
            )
            abort(404)
        return Response(photo.data, content_type=photo.content_type)

    @journey.post(f"/check/{CHECK_ID}/forget")
    def forgotten(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        if visit is not None:
            desk.forget(visit)
            forget(check_id)
        flash(_("The check is forgotten: its photo, token and answer are gone."))
        return redirect(url_for(".form"), 303)

    def show_form(form: ChallengeForm, *, refused: bool = False) -> str:
        form.ticket.data = new_id()
        unfinished = open_visit()
        back = form.app_path or f"{shown_origin()}{return_path(form.ticket.data)}"
        return render_template(
            "form.html",
            form=form,
            challenge=form.challenge,
            palette=PALETTE,
            all_actions=ACTIONS,
            scenarios=SCENARIOS,
            return_modes=RETURN_MODES,
            settings=settings,
            refused=refused,
            open_visit=unfinished,
            seconds_left=seconds_left(unfinished) if unfinished else 0,
            init_url=without_secrets(service().init_url),
            parameters=form.to_request(back).parameters(),
            link_to=link_to,
            groups=GROUPS,
            code_languages=LANGUAGES.values(),
            programs=programs_for(form),
            service=service(),
            own_return=RETURN_URL,
        )

    def programs_for(form: ChallengeForm) -> tuple[Program, ...]:
        """The form's choice as code; on the web it returns to the code's own handler."""
        wishes = form.to_request(form.app_path or RETURN_URL).parameters()
        return programs(form.code_language, service(), wishes, say=_)

    def service() -> Service:
        """What the vendor is called at, as seen from outside of this process."""
        origin = shown_origin()
        return Service(
            init_url=settings.init_url or f"{origin}{SANDBOX_INIT}",
            result_url=settings.result_url or f"{origin}{SANDBOX_RESULT}",
            h5_url=urljoin(origin, h5_url),
            auth="none" if settings.sandboxed else settings.auth,
        )

    def open_visit() -> Visit | None:
        """The check that this browser left unfinished, while it can be taken up."""
        newest = next(iter(visits()), None)
        if newest is None or not newest.token or newest.deadline <= clock():
            return None
        finding = desk.standing(newest).finding
        return None if finding and finding.is_terminal else newest

    def show_result(visit: Visit) -> str:
        standing = desk.standing(visit)
        finding = standing.finding or Finding(Outcome.NO_RESULT_YET)
        waiting = finding.outcome is Outcome.NO_RESULT_YET
        automatic = waiting and 0 < standing.asked <= len(PAUSES)
        back = visit.return_path or f"{shown_origin()}{return_path(visit.id)}"
        return render_template(
            "result.html",
            visit=visit,
            standing=standing,
            finding=finding,
            words=words_for(finding),
            waiting=waiting,
            can_ask=bool(visit.token) and not finding.is_terminal,
            settings=settings,
            camera_page=camera_page(visit),
            pause=PAUSES[standing.asked - 1] if automatic else None,
            seconds_left=seconds_left(visit),
            sent=InitRequest(back, visit.colours, visit.actions).parameters(),
            again=link_to(visit.challenge, visit.return_path),
            provoked=CASES.get(visit.what_if),
            other_claim="false" if standing.claims == ("true",) else "true",
            back=back,
        )

    def seconds_left(visit: Visit) -> int:
        return max(0, int(visit.deadline - clock()))

    @journey.app_context_processor
    def name_the_vendor() -> dict[str, str]:
        return {"vendor": "sandbox" if settings.sandboxed else "live"}

    def not_started(
        visit: Visit, finding: Finding, error: LifecheckError | None = None
    ) -> ResponseReturnValue:
        log.warning(
            "check not started",
            extra={"reference": finding.reference, "failure": repr(error)},
        )
        remember(visit)
        desk.note_failure(visit, finding)
        return redirect(url_for(".result", check_id=visit.id), 303)

    def fresh_id(ticket: str) -> str:
        """The id that the form has shown, unless a check was started under it."""
        fit = is_id(ticket) and store.lease(f"ticket:{ticket}", KEPT)
        return ticket if fit else new_id()

    def return_url(check_id: str) -> str:
        """Where the camera page sends the browser back to; raises PublicUrlMissing."""
        if not (settings.public_url or is_loopback(request.host)):
            raise PublicUrlMissing
        return f"{shown_origin()}{return_path(check_id)}"

    def shown_origin() -> str:
        return settings.public_url or request.host_url.rstrip("/")

    def camera_page(visit: Visit) -> str:
        return f"{h5_url}?token={quote(visit.token, safe='')}"

    return journey


def return_path(check_id: str) -> str:
    """Where the camera page sends the browser back to, on this demo's origin."""
    return url_for("journey.returned", check_id=check_id)


def link_to(challenge: Challenge, app_path: str = "", code: str = "") -> str:
    """The form's address with *challenge* chosen, and the language of its code."""
    wishes = [("colors", ",".join(challenge.colours))]
    wishes.append(("actions", ",".join(challenge.actions)))
    if app_path:
        wishes += [("return_mode", "mini-program"), ("return_path", app_path)]
    if code:
        wishes.append(("code", code))
    return f"{url_for('journey.form')}?{urlencode(wishes)}"


def read_return(query: str) -> tuple[str, tuple[str, ...]]:
    """The token and every `success` of a return address.

    Nothing documents how the vendor joins its parameters to an address that has a
    query already, so `a=1?token=T&success=true` is read as well.
    """
    pairs = parse_qsl(re.sub(r"\?(?=token=)", "&", query), keep_blank_values=True)
    tokens = [value for name, value in pairs if name == "token"]
    claims = [v[:MOST_CLAIM_CHARACTERS] for n, v in pairs if n == "success"]
    return (tokens[0] if tokens else ""), tuple(claims[:MOST_CLAIMS])
