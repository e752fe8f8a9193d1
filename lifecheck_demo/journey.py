"""The views in the order they happen: form, start, returned, result, forget."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from . import packing
from .addresses import CHECK_ID, Addresses, return_path
from .cases import CASES, GROUPS
from .challenge import ACTIONS, PALETTE, SCENARIOS, Challenge
from .client import (
    DOTS,
    Crowded,
    InitRequest,
    LifecheckClient,
    LifecheckError,
    Message,
    mask,
)
from .consent import Consents
from .desk import ASKING, ResultDesk, Standing
from .forms import RETURN_MODES, ChallengeForm
from .handoff import trouble_of
from .i18n import COOKIE as LANGUAGE_COOKIE
from .i18n import language
from .limits import OverLimit
from .logs import new_reference
from .outcomes import Finding, Outcome, words_for
from .ready_pages import ReadyPages
from .settings import Settings
from .snippets import LANGUAGES, RETURN_URL, Program, Service, programs, without_secrets
from .stage import is_presenting
from .starting import Starter, UnderWay
from .visit import ID_LENGTH, Visit, forget, is_id, new_id, recall, recall_own, visits
from .wire import Party, Row, Wire, as_seen_outside, browser_row, curl_of

log = logging.getLogger(__name__)

# 201 is asked again by itself after these pauses, in seconds; then a button is left.
PAUSES: Final = (1, 2, 4)
# When a press is being answered already, in seconds.
SOON: Final = 3
MOST_CLAIM_CHARACTERS: Final = 40
MOST_CLAIMS: Final = 4
# A longer one is cut short where the page shows it.
LONGEST_ORIGIN: Final = 128


def create_journey(
    settings: Settings,
    client: LifecheckClient,
    desk: ResultDesk,
    wire: Wire,
    addresses: Addresses,
    starter: Starter,
    consents: Consents,
    *,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """The journey, spoken through *client* and begun by *starter*."""
    journey = Blueprint("journey", __name__)
    newcomers = ReadyPages({"ticket": ID_LENGTH, "csrf_token": 40})

    @journey.get("/")
    def form() -> ResponseReturnValue:
        if not is_newcomer():
            return show_form(ChallengeForm.preset(request.args))
        filling = {"ticket": new_id(), "csrf_token": generate_csrf()}
        where = (request.scheme, request.host, request.script_root)
        page = newcomers.page((language(), *where), blank_form)
        if packing.is_taken():
            return page.packed(filling), {"Content-Encoding": "gzip"}
        return page.filled(filling)

    @journey.post("/")
    def start() -> ResponseReturnValue:
        form = ChallengeForm()
        if not form.can_start(can_provoke=settings.sandboxed):
            return show_form(form, refused=True), 422
        try:
            visit = start_with(form)
        except UnderWay:
            page = show_form(form, under_way=SOON, ticket=form.ticket.data or "")
            return page, 503, {"Retry-After": str(SOON)}
        except OverLimit as error:
            page = show_form(form, over=error)
            return page, 429, {"Retry-After": str(error.retry_after)}
        except Crowded as error:
            page = show_form(form, crowded=error.retry_after)
            return page, 503, {"Retry-After": str(error.retry_after)}
        starter.keep(visit)
        if not visit.token:
            return redirect(url_for(".result", check_id=visit.id), 303)
        if form.on_phone.data:
            return redirect(url_for("handoff.code", check_id=visit.id), 303)
        return redirect(addresses.camera_page(visit), 303)

    def start_with(form: ChallengeForm) -> Visit:
        ticket = form.ticket.data or ""
        visit = Visit(
            id=ticket if is_id(ticket) else new_id(),
            started_at=clock(),
            colours=form.challenge.colours,
            actions=form.challenge.actions,
            return_path=form.app_path,
            what_if=form.what_if.data or "",
        )
        # Whoever goes on at a phone is asked there.
        agreed = None if form.on_phone.data else consents.given("start")
        return starter.begin(visit, agreed=agreed)

    @journey.post(f"/check/{CHECK_ID}/camera")
    def camera(check_id: str) -> ResponseReturnValue:
        """On to the camera page, of somebody who has agreed only now."""
        visit = recall_own(check_id)
        if visit is None or not visit.token:
            return render_template("foreign.html"), 404
        consents.note(visit, "start")
        if consents.missing(visit):
            return redirect(url_for(".result", check_id=check_id), 303)
        return redirect(addresses.camera_page(visit), 303)

    @journey.get(f"/return/{CHECK_ID}")
    def returned(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        token, claims = read_return(request.query_string.decode(errors="replace"))
        if visit is None or (token and not visit.owns(token)):
            return render_template("foreign.html"), 403
        said = claims if claims or token else None
        before = desk.came_back(visit, way_back(visit, token, claims), said)
        if before.is_final and before.claims not in (None, claims):
            flash(_("The address says something else now. The answer has not changed."))
            if is_presenting():
                return redirect(url_for("stage.trust", check_id=check_id), 303)
        return redirect(url_for(".result", check_id=check_id), 303)

    @journey.get(f"/check/{CHECK_ID}")
    def result(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        if visit is None:
            return render_template("foreign.html"), 404
        if visit.guest:
            return render_template("phone_done.html", visit=visit)
        return show_result(visit)

    @journey.post(f"/check/{CHECK_ID}/ask")
    def ask(check_id: str) -> ResponseReturnValue:
        visit = recall_own(check_id)
        if visit is None:
            return render_template("foreign.html"), 404
        desk.ask(visit)
        return redirect(url_for(".result", check_id=check_id), 303)

    @journey.get(f"/check/{CHECK_ID}/photo")
    def photo(check_id: str) -> ResponseReturnValue:
        visit = recall_own(check_id)
        finding = desk.standing(visit).finding if visit else None
        if finding is None or not finding.photo_url:
            abort(404)
        try:
            # The page may be loaded often; that it was fetched is told once.
            told = any(row.name == "photo" for row in wire.rows(check_id))
            tell = None if told else wire.listener(check_id)
            photo = client.photo(finding.photo_url, tell=tell)
        except LifecheckError as error:
            reference = new_reference()
            log.warning(
                "photo not fetched",
                extra={"reference": reference, "failure": repr(error)},
            )
            abort(404)
        return Response(photo.data, content_type=photo.content_type)

    @journey.get(f"/check/{CHECK_ID}/evidence.json")
    def evidence(check_id: str) -> ResponseReturnValue:
        """All that is known of a check, for a file: without face, token or credential."""
        visit = recall_own(check_id)
        if visit is None:
            abort(404)
        standing = desk.standing(visit)
        finding = standing.finding or Finding(Outcome.NO_RESULT_YET)
        consent = consents.of(visit)
        answer = jsonify(
            check={
                "started_at": in_words(visit.started_at),
                "colors": visit.colours,
                "actions": visit.actions,
                "provoked": visit.what_if or None,
                "vendor": "sandbox" if settings.sandboxed else "live",
            },
            consent=consent and {**asdict(consent), "given_at": in_words(consent.given_at)},
            outcome=finding.outcome,
            answer={"code": finding.code, "msg": finding.msg, "taskNo": finding.task_no},
            photo=bool(finding.photo_url),
            asked=standing.asked,
            claimed_success=standing.claims,
            messages=[row.to_record() for row in messages_of(visit)],
        )
        name = f"liveness-check-{finding.outcome}.json"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @journey.post(f"/check/{CHECK_ID}/forget")
    def forgotten(check_id: str) -> ResponseReturnValue:
        visit = recall(check_id)
        is_guest = visit is not None and visit.guest
        if visit is not None and not is_guest:
            # Before the cookie does: where it fails, the button can be pressed again.
            desk.forget(visit)
        forget(check_id)
        if is_guest:
            flash(_("This phone has forgotten the check; the first screen has it still."))
        elif settings.sandboxed:
            flash(_("The check is forgotten: its photo, token and answer are gone."))
        else:
            flash(_("The check is forgotten here: its token and answer are gone."))
        return redirect(url_for(".form"), 303)

    def blank_form() -> str:
        """The form as every newcomer sees it, without what is this one's alone."""
        own, g.csrf_token = g.csrf_token, newcomers.marks["csrf_token"]
        try:
            form = ChallengeForm.preset(request.args)
            return show_form(form, ticket=newcomers.marks["ticket"])
        finally:
            g.csrf_token = own

    def show_form(
        form: ChallengeForm,
        *,
        refused: bool = False,
        crowded: int = 0,
        over: OverLimit | None = None,
        under_way: int = 0,
        ticket: str = "",
    ) -> str:
        form.ticket.data = ticket or new_id()
        unfinished = open_visit()
        back = form.app_path or f"{addresses.origin}{return_path(form.ticket.data)}"
        preview = client.preview(form.to_request(back))
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
            crowded=crowded,
            over=over,
            under_way=under_way,
            open_visit=unfinished,
            seconds_left=unfinished.seconds_left(clock()) if unfinished else 0,
            init_url=without_secrets(addresses.init_url),
            preview=preview,
            link_to=link_to,
            groups=GROUPS,
            planned=planned_messages(form.to_request(back).parameters(), preview),
            phone_trouble=trouble_of(addresses.origin, sandboxed=settings.sandboxed),
            history=[told_of(visit) for visit in visits() if not visit.guest],
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
        return Service(
            init_url=addresses.init_url,
            result_url=addresses.result_url,
            h5_url=addresses.whole_h5_url,
            auth="none" if settings.sandboxed else settings.auth,
            in_query=settings.in_query and not settings.sandboxed,
        )

    def planned_messages(parameters: dict[str, str], init: Message) -> list[Row]:
        """What would go over the wire if init were asked with these."""
        chosen = [(k, value) for k, value in parameters.items() if k != "returnUrl"]
        back = parameters["returnUrl"]
        result = without_secrets(addresses.result_url)
        token = (("token", DOTS),)
        success = (*token, ("success", "true"))
        rows = (
            (Party.BROWSER, Party.DEMO, "start", "POST", url_for(".form"), chosen),
            (
                Party.DEMO,
                Party.SERVICE,
                "init",
                "POST",
                without_secrets(addresses.init_url),
                init.parameters,
            ),
            (Party.BROWSER, Party.SERVICE, "camera", "GET", addresses.h5_url, token),
            (Party.BROWSER, Party.DEMO, "back", "GET", back, success),
            (Party.DEMO, Party.SERVICE, "result", "POST", result, token),
            (Party.DEMO, Party.SERVICE, "photo", "GET", "", ()),
        )
        planned = [
            Row(name, source, target, method, address, sent=Message((), tuple(sent)))
            for source, target, name, method, address, sent in rows
        ]
        return [replace(r, sent=init) if r.name == "init" else r for r in planned]

    def told_of(visit: Visit) -> dict[str, Any]:
        """A check of this browser, for the list of its latest: no token, no photo."""
        finding = desk.standing(visit).finding or Finding(Outcome.NO_RESULT_YET)
        return {
            "visit": visit,
            "words": words_for(finding),
            "minutes": max(0, int((clock() - visit.started_at) // 60)),
            "again": link_to(visit.challenge, visit.return_path),
        }

    def open_visit() -> Visit | None:
        """The check that this browser left unfinished, while it can be taken up."""
        newest = next(iter(visits()), None)
        if newest is None or newest.guest or not newest.token:
            return None
        over = newest.deadline <= clock() or desk.standing(newest).is_final
        return None if over else newest

    def show_result(visit: Visit) -> str:
        standing = desk.standing(visit)
        finding = standing.finding or Finding(Outcome.NO_RESULT_YET)
        waiting = finding.outcome is Outcome.NO_RESULT_YET
        back = visit.return_path or f"{addresses.origin}{return_path(visit.id)}"
        return render_template(
            "stage/result.html" if is_presenting() else "result.html",
            visit=visit,
            standing=standing,
            finding=finding,
            words=words_for(finding),
            waiting=waiting,
            can_ask=bool(visit.token) and not finding.is_terminal,
            settings=settings,
            camera_page=camera_page_for(visit) if waiting else "",
            pause=pause_before_asking(standing) if waiting else None,
            seconds_left=visit.seconds_left(clock()),
            sent=InitRequest(back, visit.colours, visit.actions).parameters(),
            again=link_to(visit.challenge, visit.return_path),
            provoked=CASES.get(visit.what_if),
            messages=messages_of(visit),
            curl_of=curl_of,
            other_claim="false" if standing.claims == ("true",) else "true",
            back=back,
        )

    journey.add_app_template_global(new_id, "new_ticket")

    def camera_page_for(visit: Visit) -> str:
        """Empty for somebody who has to agree first."""
        return "" if consents.missing(visit) else addresses.camera_page(visit)

    def way_back(visit: Visit, token: str, claims: tuple[str, ...]) -> Row:
        """The return address as the browser came with it."""
        said = [("token", mask(token))] if token else []
        said += [("success", claim) for claim in claims]
        query = "&".join(f"{name}={value}" for name, value in said)
        address = f"{return_path(visit.id)}{'?' if query else ''}{query}"
        return browser_row("back", "GET", address, tuple(said))

    def messages_of(visit: Visit) -> list[Row]:
        """What went over the wire, with the addresses that an integrator would use."""
        rows = wire.rows(visit.id)
        return as_seen_outside(rows, addresses.origin) if settings.sandboxed else rows

    return journey


def is_newcomer() -> bool:
    """Whether this request brings nothing but a language and an address.

    So the form depends on these alone, whatever else may be shown in it one day.
    """
    known = {LANGUAGE_COOKIE, current_app.config["SESSION_COOKIE_NAME"]}
    return (
        not request.query_string
        and known.issuperset(request.cookies)
        and {"csrf_token"}.issuperset(session)
        and len(request.host) + len(request.script_root) <= LONGEST_ORIGIN
    )


def in_words(moment: float) -> str:
    """Seconds since the epoch, as ISO 8601."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def link_to(challenge: Challenge, app_path: str = "", code: str = "") -> str:
    """The form's address with *challenge* chosen, and the language of its code."""
    wishes = [("colors", ",".join(challenge.colours))]
    wishes.append(("actions", ",".join(challenge.actions)))
    if app_path:
        wishes += [("return_mode", "mini-program"), ("return_path", app_path)]
    if code:
        wishes.append(("code", code))
    return f"{url_for('journey.form')}?{urlencode(wishes)}"


def pause_before_asking(standing: Standing) -> int | None:
    """The seconds after which the page asks by itself; None where a button is left."""
    if 0 < standing.asked <= len(PAUSES):
        return PAUSES[standing.asked - 1]
    # The browser is back, and who asked for it has not answered: it may have been killed.
    return ASKING if not standing.asked and standing.claims is not None else None


def read_return(query: str) -> tuple[str, tuple[str, ...]]:
    """The token and every `success` of a return address.

    Nothing documents how the vendor joins its parameters to an address that has a
    query already, so `a=1?token=T&success=true` is read as well.
    """
    pairs = parse_qsl(re.sub(r"\?(?=token=)", "&", query), keep_blank_values=True)
    tokens = [value for name, value in pairs if name == "token"]
    claims = [v[:MOST_CLAIM_CHARACTERS] for n, v in pairs if n == "success"]
    return (tokens[0] if tokens else ""), tuple(claims[:MOST_CLAIMS])
