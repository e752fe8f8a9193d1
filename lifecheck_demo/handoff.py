"""A check begun on this screen and done on a phone: code, phone's page, news."""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import segno
from flask import (
    Blueprint,
    abort,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from .addresses import CHECK_ID, Addresses
from .consent import Consents
from .desk import ResultDesk
from .settings import is_loopback
from .store import Put, Store
from .visit import LIFETIME, Visit, forgotten_key, recall, recall_own, remember

KEY: Final = "<string(length=22):key>"


def create_handoff(
    store: Store,
    desk: ResultDesk,
    addresses: Addresses,
    consents: Consents,
    *,
    sandboxed: bool,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """Two screens of one check; the first shows the result, the second never does."""
    handoff = Blueprint("handoff", __name__)

    @handoff.get(f"/check/{CHECK_ID}/phone")
    def code(check_id: str) -> ResponseReturnValue:
        visit = recall_own(check_id)
        if visit is None or not visit.token or desk.is_forgotten(visit):
            return render_template("foreign.html"), 404
        standing = desk.standing(visit)
        if standing.is_final:
            return redirect(url_for("journey.result", check_id=check_id), 303)
        key = key_of(visit)
        if not key:
            return render_template("foreign.html"), 404
        address = f"{addresses.origin}{url_for('.phone', key=key)}"
        return render_template(
            "phone_code.html",
            visit=visit,
            address=address,
            picture=segno.make(address, error="m").svg_inline(
                omitsize=True,
                border=4,
                dark="#000",
                light="#fff",
                svgclass="qr",
                lineclass=None,
            ),
            trouble=trouble_of(addresses.origin, sandboxed=sandboxed),
            asked=standing.asked,
            seconds_left=visit.seconds_left(clock()),
        )

    @handoff.get(f"/check/{CHECK_ID}/news")
    def news(check_id: str) -> ResponseReturnValue:
        """What the first screen asks again and again; the service hears nothing of it."""
        visit = recall_own(check_id)
        if visit is None:
            abort(404)
        standing = desk.standing(visit)
        asked = request.args.get("asked", 0, type=int)
        opened = store.get(f"opened:{check_id}") is not None
        return jsonify(opened=opened, back=standing.asked > asked or standing.is_final)

    @handoff.post(f"/check/{CHECK_ID}/phone")
    def another_code(check_id: str) -> ResponseReturnValue:
        """A fresh code, when the phone that had the first one cannot go on."""
        visit = recall_own(check_id)
        if visit is None:
            return render_template("foreign.html"), 404
        desk.end_handoff(visit)
        return redirect(url_for(".code", check_id=check_id), 303)

    @handoff.get(f"/phone/{KEY}")
    def phone(key: str) -> ResponseReturnValue:
        visit = visit_of(key)
        if visit is None:
            return render_template("phone_over.html"), 404
        return render_template("phone_ready.html", visit=visit, key=key)

    @handoff.post(f"/phone/{KEY}")
    def go(key: str) -> ResponseReturnValue:
        visit = visit_of(key)
        if visit is None:
            return render_template("phone_over.html"), 404
        mine = recall(visit.id)
        # Whoever opens it first has it: a photograph of the screen is no second way in.
        if mine is None and not store.lease(f"taken:{visit.id}", LIFETIME):
            return render_template("phone_over.html", taken=True), 409
        consents.note(visit, "phone")
        store.put(f"opened:{visit.id}", {"at": clock()}, LIFETIME)
        if mine is None:
            remember(replace(visit, guest=True))
        return redirect(addresses.camera_page(visit), 303)

    def key_of(visit: Visit) -> str:
        """The secret in the code, made once for a check; empty where it was forgotten."""
        place = f"phone:{visit.id}"
        kept = store.get(place)
        if kept is None:
            key = secrets.token_urlsafe(16)
            record = {"key": key, "visit": visit.to_record()}
            # Whether it still counts is looked up under the check, which can be forgotten.
            puts: list[Put] = [(place, record, LIFETIME)]
            puts.append((f"key:{key}", {"check": visit.id}, LIFETIME))
            store.put_unless([place, forgotten_key(visit.id)], puts)
            kept = store.get(place)
        return str(kept["key"]) if kept else ""

    def visit_of(key: str) -> Visit | None:
        named = store.get(f"key:{key}")
        kept = store.get(f"phone:{named['check']}") if named else None
        if kept is None or kept["key"] != key:
            return None
        try:
            visit = Visit.from_record(kept["visit"])
        except (KeyError, TypeError):
            # Of an earlier version of this demo.
            return None
        over = clock() >= visit.deadline or desk.standing(visit).is_final
        return None if over else visit

    return handoff


def trouble_of(origin: str, *, sandboxed: bool) -> str:
    """Why a phone could not use that address: a word for the page, or empty.

    The live service's camera page is its own, and on https.
    """
    if is_loopback(origin):
        return "loopback"
    return "plain-http" if sandboxed and not origin.startswith("https:") else ""
