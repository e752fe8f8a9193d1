"""Says what is wrong with the set-up and what to type: a command, and a page."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import click
from flask import Blueprint, Flask, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .calls import CALLS, ENDS, CallCounter, limits_in_words
from .client import InitRequest, LifecheckClient, LifecheckError, Probe, Trouble, probe
from .outcomes import finding_of_failure, words_for
from .settings import LIVE_LIMITS, MARKETS, Settings, is_loopback
from .store import StoreUnavailable
from .visit import new_id

# The vendor's limit for a returnUrl.
MOST_RETURN_URL: Final = 128
# Signatures count for fifteen minutes; a minute off is worth a word already. Seconds.
CLOCK_NOTICED: Final = 60
CLOCK_REFUSED: Final = 900
# Which LIFECHECK_AUTH the addresses of a market take.
HOSTS: Final = {
    "alicloudapi.com": ("appcode", "aliyun-signature"),
    "cloudmarket-apigw.com": ("tencent",),
    "apigw.tencentcs.com": ("tencent-legacy",),
    "apigateway.myqcloud.com": ("tencent-legacy",),
    "apistore.huaweicloud.com": ("huawei-appcode", "huawei-signature"),
    "api.bdymkt.com": ("baidu-appcode",),
    "bdcloudapi.com": ("baidu-appcode",),
    "api.jumdata.com": ("jumdata",),
}
SIGNS_TIME: Final = frozenset(
    {"aliyun-signature", "tencent", "tencent-legacy", "huawei-signature", "jumdata"}
)
# What proxies add; their callers are not at this computer.
FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Level(StrEnum):
    """How bad a finding is; only the last one keeps the demo from working."""

    GOOD = "ok"
    NOTICE = "look"
    WRONG = "WRONG"

    @property
    def tone(self) -> str:
        """Its colour and sign on a page."""
        return {"ok": "good", "look": "caution"}.get(self, "fault")


@dataclass(frozen=True)
class Note:
    """One line: what was looked at, what was found, and what to type."""

    level: Level
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<5}  {self.about}: {self.text}"


def init_app(
    app: Flask,
    settings: Settings,
    client: LifecheckClient,
    counter: CallCounter,
    *,
    look: Callable[..., Probe] = probe,
    clock: Callable[[], float] = time.time,
) -> None:
    """Add the command; a setting that is wrong in itself stops it with its sentence."""

    @app.cli.command("doctor")
    @click.option(
        "--spend-one-call",
        is_flag=True,
        help="Make one real init call, which may be billed.",
    )
    def doctor(*, spend_one_call: bool) -> None:
        """Look for what is wrong with the set-up, and say what to type."""
        with current_app.test_request_context(headers={"Accept-Language": "en"}):
            notes = list(examine(settings, look=look, clock=clock))
            if spend_one_call:
                notes.append(spend(settings, client, counter))
            elif not settings.sandboxed:
                hint = (
                    "not made; add --spend-one-call to make one init call, perhaps billed."
                )
                notes.append(Note(Level.GOOD, "real call", hint))
        for note in notes:
            click.echo(note)
        sys.exit(any(note.level is Level.WRONG for note in notes))


def create_doctor(
    settings: Settings,
    client: LifecheckClient,
    counter: CallCounter,
    *,
    look: Callable[..., Probe] = probe,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """The same as a page, for whoever sits at this computer."""
    views = Blueprint("doctor", __name__)

    @views.route("/doctor", methods=["GET", "POST"])
    def page() -> ResponseReturnValue:
        if not may_examine():
            abort(404)
        notes = list(examine(settings, look=look, clock=clock))
        if request.method == "POST":
            notes.append(spend(settings, client, counter))
        try:
            hour, days = counter.this_hour(), counter.days()
        except StoreUnavailable:
            hour, days = None, []
        return render_template(
            "doctor.html",
            notes=notes,
            settings=settings,
            hour=hour,
            days=days,
            calls=CALLS,
            ends=ENDS,
        )

    @views.app_template_global()
    def may_examine() -> bool:
        """Whether the operator asks: a demo for others may have a proxy before it.

        Not every proxy says so, and behind one everybody comes from this computer.
        """
        return settings.local and is_from_here()

    return views


def is_from_here() -> bool:
    """Whether the request comes from this computer, by a name of its own."""
    caller = request.remote_addr or ""
    near = is_loopback(f"[{caller}]" if ":" in caller else caller)
    forwarded = any(name in request.headers for name in FORWARDED)
    return near and is_loopback(request.host) and not forwarded


def examine(
    settings: Settings, *, look: Callable[..., Probe], clock: Callable[[], float]
) -> Iterator[Note]:
    """Everything that can be known without a call to the API."""
    if settings.sandboxed:
        text = _("the built-in sandbox answers, since no address of a service is set.")
        yield Note(Level.GOOD, _("service"), text)
        if settings.appcode or settings.key or settings.secret:
            text = _(
                "a credential is set and no address: set LIFECHECK_INIT_URL and "
                "LIFECHECK_RESULT_URL to the two that the market shows to go live."
            )
            yield Note(Level.NOTICE, "LIFECHECK_INIT_URL", text)
    else:
        yield from _addresses(settings)
        yield from _hosts(settings, look=look, clock=clock)
    yield from _public_url(settings, look=look)
    yield from _guards(settings)


def spend(settings: Settings, client: LifecheckClient, counter: CallCounter) -> Note:
    """One real init, counted: everything between here and the service at once."""
    origin = settings.public_url or "http://127.0.0.1:8000"
    try:
        wish = InitRequest(f"{origin}/return/{new_id()}")
        client.start(wish, tell=counter.note, once=True)
    except LifecheckError as error:
        finding = finding_of_failure(error, "")
        words = words_for(finding)
        said = " ".join(part for part in (finding.code, finding.msg) if part)
        advice = " ".join(map(str, words.advice or (words.lead,)))
        text = f"{words.title} ({said or type(error).__name__}). {advice}"
        return Note(Level.WRONG, _("real call"), text)
    return Note(Level.GOOD, _("real call"), _("init brought a token."))


def _addresses(settings: Settings) -> Iterator[Note]:
    urls = {
        "LIFECHECK_INIT_URL": str(settings.init_url),
        "LIFECHECK_RESULT_URL": str(settings.result_url),
    }
    if len(set(urls.values())) == 1:
        text = _(
            "both addresses are the same: copy LIFECHECK_RESULT_URL from the listing's "
            "page, where it stands as an interface of its own."
        )
        yield Note(Level.WRONG, "LIFECHECK_RESULT_URL", text)
    for name, url in urls.items():
        parts = urlsplit(url)
        host = parts.hostname or ""
        fits = next((a for end, a in HOSTS.items() if _ends(host, end)), None)
        if parts.path.strip("/") == "":
            text = _(
                "%(host)s without a path: paste the whole address from the listing.",
                host=host,
            )
            yield Note(Level.WRONG, name, text)
        if parts.query:
            text = _(
                "the address at %(host)s has a query: where a credential stands in it, "
                "take it out, since addresses end up in logs, and set LIFECHECK_APPCODE.",
                host=host,
            )
            yield Note(Level.NOTICE, name, text)
        if fits and settings.auth not in fits:
            text = _(
                "%(name)s is at %(host)s, which does not take LIFECHECK_AUTH=%(auth)s: set "
                "LIFECHECK_AUTH=%(fits)s.",
                name=name,
                host=host,
                auth=settings.auth,
                fits=_(" or ").join(fits),
            )
            yield Note(Level.WRONG, "LIFECHECK_AUTH", text)
    market = MARKETS[settings.auth].title
    said = {"auth": settings.auth, "market": market}
    if settings.in_query:
        text = _("%(auth)s (%(market)s), parameters in the address.", **said)
    else:
        text = _("%(auth)s (%(market)s), parameters in the form.", **said)
    yield Note(Level.GOOD, "LIFECHECK_AUTH", text)


def _ends(host: str, end: str) -> bool:
    return host == end or host.endswith(f".{end}")


def _hosts(
    settings: Settings, *, look: Callable[..., Probe], clock: Callable[[], float]
) -> Iterator[Note]:
    names: dict[str, str] = {}
    for name, url in (
        ("LIFECHECK_INIT_URL", str(settings.init_url)),
        ("LIFECHECK_RESULT_URL", str(settings.result_url)),
        ("LIFECHECK_H5_URL", settings.h5_url),
    ):
        names.setdefault(_origin(url), name)
    for origin, name in names.items():
        found = look(origin)
        if found.trouble:
            yield Note(Level.WRONG, name, _troubles(origin)[found.trouble])
            continue
        yield Note(Level.GOOD, name, _("%(origin)s answers.", origin=origin))
        if name != "LIFECHECK_H5_URL" and found.date is not None:
            yield _clock(found.date - clock(), origin, settings.auth)


def _clock(off: float, origin: str, auth: str) -> Note:
    if abs(off) < CLOCK_NOTICED:
        text = _("agrees with %(origin)s.", origin=origin)
        return Note(Level.GOOD, _("clock"), text)
    said = {"seconds": f"{abs(off):.0f}", "origin": origin}
    if off > 0:
        text = _("%(seconds)s s behind %(origin)s: set this server's clock (NTP).", **said)
    else:
        text = _(
            "%(seconds)s s ahead of %(origin)s: set this server's clock (NTP).", **said
        )
    refused = auth in SIGNS_TIME and abs(off) >= CLOCK_REFUSED
    return Note(Level.WRONG if refused else Level.NOTICE, _("clock"), text)


def _public_url(settings: Settings, *, look: Callable[..., Probe]) -> Iterator[Note]:
    name, url = "PUBLIC_URL", settings.public_url
    if url is None:
        text = _("not set: only browsers on this computer find their way back.")
        if not settings.sandboxed:
            text = _(
                "not set: only browsers on this computer find their way back. Set it to "
                "the address that others use, like https://demo.example.com."
            )
        yield Note(Level.GOOD if settings.sandboxed else Level.NOTICE, name, text)
        return
    over = len(f"{url}/return/{new_id()}") - MOST_RETURN_URL
    if over > 0:
        text = _(
            "%(over)s characters too long: with the way back behind it the service takes "
            "%(most)s at most. Use a shorter host name.",
            over=over,
            most=MOST_RETURN_URL,
        )
        yield Note(Level.WRONG, name, text)
    if url.startswith("http:") and not is_loopback(url):
        text = _(
            "begins with http://, where no browser gives a camera: set it to https://…"
        )
        yield Note(Level.NOTICE, name, text)
    found = look(url, path="/healthz")
    if found.trouble:
        yield Note(Level.WRONG, name, _troubles(url)[found.trouble])
    elif not _is_ours(found.body):
        text = _(
            "at %(url)s something else answers (HTTP %(status)s): lead it to this demo's "
            "port, and start the demo.",
            url=url,
            status=found.status,
        )
        yield Note(Level.WRONG, name, text)
    else:
        yield Note(Level.GOOD, name, _("leads to this demo at %(url)s.", url=url))


def _guards(settings: Settings) -> Iterator[Note]:
    """Who may come, and how much they may spend."""
    limits, public = settings.limits, not settings.local
    yield Note(Level.GOOD, _("limits"), limits_in_words(limits))
    if public and not settings.sandboxed and not (limits.hour or limits.day):
        text = _(
            "off, as LIMIT_PER_HOUR is: nothing bounds what all visitors together spend. "
            "Set LIMIT_PER_DAY to a number, like %(many)s.",
            many=LIVE_LIMITS["LIMIT_PER_DAY"],
        )
        yield Note(Level.NOTICE, "LIMIT_PER_DAY", text)
    if public and not settings.trusted_proxies:
        told = {
            "LIMIT_PER_ADDRESS": limits.address,
            "DEMO_ACCESS_CODE": settings.access_code,
        }
        names = [name for name, said in told.items() if said]
        if names:
            text = _(
                "0, and PUBLIC_URL is not this computer: if a proxy stands before this "
                "demo, all visitors have its address and share one limit (%(names)s). Set "
                "it to the number of proxies, like 1.",
                names=_(" and ").join(names),
            )
            yield Note(Level.NOTICE, "TRUSTED_PROXIES", text)
    if settings.access_code:
        text = _("set: every page asks for it; a phone with a check's code need not.")
        yield Note(Level.GOOD, "DEMO_ACCESS_CODE", text)
    elif public:
        text = _("not set: whoever has the address can start checks.")
        yield Note(Level.GOOD, "DEMO_ACCESS_CODE", text)


def _is_ours(body: bytes) -> bool:
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return isinstance(said, dict) and {"status", "vendor", "store"} <= said.keys()


def _troubles(origin: str) -> dict[Trouble, str]:
    host = urlsplit(origin).hostname
    return {
        Trouble.NAME: _(
            "%(host)s has no address: paste it again, or mend this server's DNS.",
            host=host,
        ),
        Trouble.CONNECTION: _(
            "%(host)s does not answer: allow this server to reach it (firewall, port).",
            host=host,
        ),
        Trouble.CERTIFICATE: _(
            "the certificate of %(host)s is not accepted: paste the address again, or "
            "mend this server's certificates (ca-certificates) and clock.",
            host=host,
        ),
        Trouble.TLS: _("%(host)s speaks no TLS there: paste the address again.", host=host),
        Trouble.HTTP: _(
            "%(host)s speaks no HTTP there: paste the address again.", host=host
        ),
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
