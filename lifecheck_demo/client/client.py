"""Speaks to the vendor: start a check, ask for its result, fetch its photo."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import SystemRandom
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from requests import PreparedRequest
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from .auth import VendorAuth
from .deadline import Deadline, DeadlineAdapter
from .errors import (
    Crowded,
    GatewayKind,
    GatewayRefused,
    LifecheckError,
    PhotoRefused,
    Unintelligible,
    Unreachable,
)
from .exchange import Exchange, Message, came_message, sent_message
from .explanation import read_explanation
from .masking import Secrets
from .models import CheckResult, InitRequest, Photo, Reply, StartedCheck
from .photos import PhotoRules, is_loopback, read_photo
from .places import MOST_AT_ONCE, Places
from .reading import read_result, read_started
from .retrying import is_worth_another, may_try_again, pause_before_another

log = logging.getLogger(__name__)
# It logs whole addresses, a token or a key in the query included.
logging.getLogger("urllib3").setLevel(logging.ERROR)

MOST_JSON: Final = 256 * 1024
MOST_PHOTO: Final = 5 * 1024 * 1024
CHUNK: Final = 16 * 1024
CHANCE: Final = SystemRandom()

NO_SECRETS: Final = Secrets()

# Answers are small, and what is not compressed cannot be a bomb.
HEADERS: Final = {"User-Agent": "lifecheck-demo", "Accept-Encoding": "identity"}

FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"
# What a seller on a market with parameters in the query was seen to be sent.
NO_FORM: Final = "application/json"

Read = TypeVar("Read")
Tell = Callable[[Exchange], None] | None


@dataclass(frozen=True)
class _Call:
    """One request to make; its address and body never show in a repr."""

    name: str
    method: str
    url: str = field(repr=False)
    accept: str
    most: int
    auth: VendorAuth | None = None
    parameters: dict[str, str] | None = field(default=None, repr=False)
    in_query: bool = False
    secrets: Secrets = NO_SECRETS

    @property
    def headers(self) -> dict[str, str]:
        """What goes out beside what the session and the auth add."""
        headers = {"Accept": self.accept}
        if self.parameters is not None:
            headers["Content-Type"] = NO_FORM if self.in_query else FORM
        return headers

    def prepared(self, common: Mapping[str, str]) -> PreparedRequest:
        """The request as it travels, the headers in *common* first.

        Filled in here: `requests` would read the address anew, which is the same in
        every call, and look for cookies, hooks and a password in it.
        """
        sent = PreparedRequest()
        sent.method, sent.url = self.method, self.url
        sent.headers = CaseInsensitiveDict({**common, **self.headers})
        encoded = urlencode(self.parameters or {}, errors="replace")
        if self.in_query:
            sent.prepare_url(self.url, encoded)
        else:
            sent.body = encoded or None
        sent.prepare_content_length(sent.body)
        if self.auth:
            sent = self.auth(sent)
            sent.prepare_content_length(sent.body)
        return sent

    def fields_of(self, sent: PreparedRequest | None) -> list[tuple[str, str]]:
        """The parameters, and those that the auth has added to *sent*."""
        added = self.auth.added(sent) if self.auth and sent else []
        return [*(self.parameters or {}).items(), *added]

    @property
    def shown_path(self) -> str:
        """The path, unless the address itself is the secret."""
        return "" if self.name == "photo" else urlsplit(self.url).path[:200]

    @property
    def shown_origin(self) -> str:
        """Scheme and host, likewise."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return "" if self.name == "photo" else f"{parts.scheme}://{host}"[:200]

    @property
    def has_secret_address(self) -> bool:
        """Whether the address is a face's, or has a credential or a token in its query."""
        return self.name == "photo" or self.in_query or "?" in self.url


@dataclass
class _Attempt:
    """One try at a call, as far as it has come; *began* is on the client's clock."""

    number: int
    began: float
    secrets: Secrets
    sent: PreparedRequest | None = None
    reply: Reply | None = None
    status: int | None = None
    failure: str = ""

    def exchange(self, call: _Call, milliseconds: int) -> Exchange:
        """What is told of it."""
        reply, is_photo = self.reply, call.name == "photo"
        return Exchange(
            call.name,
            call.method,
            call.shown_path,
            self.status,
            milliseconds,
            len(reply.body) if reply else 0,
            self.failure,
            call.shown_origin,
            _sent(call, self.sent, self.secrets),
            came_message(reply, self.secrets, is_photo=is_photo) if reply else Message(),
            self.number,
        )


def _sent(call: _Call, sent: PreparedRequest | None, secrets: Secrets) -> Message:
    headers = sent.headers if sent else call.headers
    return sent_message(headers, call.fields_of(sent), secrets, in_query=call.in_query)


class LifecheckClient:
    """The vendor's two calls and the photo; one for the whole app, shared by threads.

    `connect` is the time-out for a connection, `read` the one for a whole attempt that
    leaves time for another, and `total` the deadline over all of a call, its further
    attempts and the pauses between them; all in seconds. `in_query` lets the parameters
    travel in the address, where the market looks for them there.
    `most_at_once` is how many calls may be under way, the pauses between their attempts
    included, and how many connections are kept per host; beyond it, see `Places`.
    `transport` is for a sandbox in this process: with it nothing reaches a network, and
    without it nothing reaches the process. `photo_hosts` narrows the hosts that photos
    are fetched from to those that end so. `clock` measures, `wall` tells seconds since
    the epoch, `sleep` and `random` make the pauses.

    Every method raises a LifecheckError, and nothing else, when the call fails.
    `Crowded` says that none was made.
    """

    def __init__(
        self,
        init_url: str,
        result_url: str,
        *,
        auth: VendorAuth,
        in_query: bool = False,
        transport: BaseAdapter | None = None,
        photo_hosts: tuple[str, ...] = (),
        connect: float = 3.0,
        read: float = 5.0,
        total: float = 8.0,
        most_at_once: int = MOST_AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = CHANCE.random,
    ) -> None:
        self._init_url = _as_it_travels(init_url)
        self._result_url = _as_it_travels(result_url)
        self._auth = auth
        self._in_query = in_query
        self._timeouts = (connect, read)
        self._total = total
        self._photos = PhotoRules(result_url, transport is not None, photo_hosts)
        self._places = Places(most_at_once, clock=clock)
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._random = random
        if transport is None:
            self._session = _session(
                DeadlineAdapter(4, most_at_once), "https://", "http://"
            )
        else:
            self._session = _session(transport, _common_loopback(init_url, result_url))

    def __repr__(self) -> str:
        urls = (self._init_url, self._result_url)
        hosts = {urlsplit(url).netloc.rpartition("@")[2] for url in urls}
        return f"<{type(self).__name__} {' '.join(sorted(hosts))} {self._auth!r}>"

    def start(
        self,
        request: InitRequest,
        *,
        auth: VendorAuth | None = None,
        tell: Tell = None,
        once: bool = False,
    ) -> StartedCheck:
        """Begin a check; the token opens the camera page and, later, the result.

        *auth* is for this call, in place of the client's own; *tell* is told of every
        attempt; *once* rules out a second one.
        """
        call = self._post("init", self._init_url, request.parameters(), auth)
        return self._make(call, read_started, tell, once=once)

    def preview(self, request: InitRequest) -> Message:
        """What `start` would send, masked: nothing goes out."""
        call = self._post("init", self._init_url, request.parameters(), None)
        try:
            sent = call.prepared({})
        except (OSError, ValueError):
            # An address that only a call would find out to be none.
            return _sent(call, None, call.secrets)
        return _sent(call, sent, call.secrets.and_proof(self._auth.proof(sent)))

    def result(
        self,
        token: str,
        *,
        auth: VendorAuth | None = None,
        tell: Tell = None,
        once: bool = False,
    ) -> CheckResult:
        """How the check of *token* stands; every query may be charged."""
        call = self._post("result", self._result_url, {"token": token}, auth)

        def read(reply: Reply, secrets: Secrets) -> CheckResult:
            result = read_result(
                reply, secrets, lambda url: self._photos.address(url) is not None
            )
            explanation = read_explanation(
                reply.headers.get("link", ""),
                self._result_url,
                in_process=self._photos.in_process,
            )
            return replace(result, explanation=explanation)

        return self._make(call, read, tell, once=once)

    def photo(self, url: str, *, tell: Tell = None) -> Photo:
        """The photo at *url*, fetched without any credential."""
        address = self._photos.address(url)
        if address is None:
            raise PhotoRefused("photos are not fetched from such an address")
        accept = "image/jpeg, image/png, image/webp"
        call = _Call("photo", "GET", _as_it_travels(address), accept, MOST_PHOTO)
        return self._make(call, lambda reply, _: read_photo(reply), tell)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _post(
        self, name: str, url: str, parameters: dict[str, str], auth: VendorAuth | None
    ) -> _Call:
        accept = "application/json"
        own = auth or self._auth
        tokens = (parameters["token"],) if "token" in parameters else ()
        secrets = Secrets(own.credentials, tokens)
        return _Call(
            name, "POST", url, accept, MOST_JSON, own, parameters, self._in_query, secrets
        )

    def _make(
        self,
        call: _Call,
        read: Callable[[Reply, Secrets], Read],
        tell: Tell,
        *,
        once: bool = False,
    ) -> Read:
        """Try, and try again where that is safe and useful, until the time is over."""
        try:
            with self._places.one():
                return self._make_now(call, read, tell, once=once)
        except Crowded:
            log.warning("no place for another call")
            raise

    def _make_now(
        self,
        call: _Call,
        read: Callable[[Reply, Secrets], Read],
        tell: Tell,
        *,
        once: bool,
    ) -> Read:
        deadline = Deadline(self._clock() + self._total, self._clock)
        attempt, signed_anew = 1, False
        while True:
            own = deadline if once else self._share_of(deadline, call.name, attempt)
            try:
                return self._attempt(call, read, tell, attempt, own)
            except LifecheckError as error:
                if once:
                    raise
                corrected = None
                if not signed_anew:
                    corrected = _with_their_time(call, error, self._wall())
                if corrected:
                    call, signed_anew, pause = corrected, True, 0.0
                elif is_worth_another(error):
                    pause = pause_before_another(attempt, error.retry_after, self._random)
                else:
                    raise
                if not may_try_again(call.name, attempt, deadline.left() - pause):
                    raise
            self._sleep(pause)
            attempt += 1

    def _share_of(self, deadline: Deadline, call: str, attempt: int) -> Deadline:
        """When *attempt* has to end, so that an answer that trickles can be asked anew."""
        _, read = self._timeouts
        if not may_try_again(call, attempt, deadline.left() - read):
            return deadline
        return Deadline(self._clock() + read, self._clock)

    def _attempt(
        self,
        call: _Call,
        read: Callable[[Reply, Secrets], Read],
        tell: Tell,
        number: int,
        deadline: Deadline,
    ) -> Read:
        attempt = _Attempt(number, self._clock(), call.secrets)
        try:
            with _translated(call, attempt):
                sent = attempt.sent = call.prepared(HEADERS)
                if call.auth:
                    attempt.secrets = call.secrets.and_proof(call.auth.proof(sent))
                attempt.reply = self._fetch(call, attempt, sent, deadline)
            return read(attempt.reply, attempt.secrets)
        except LifecheckError as error:
            attempt.status, attempt.failure = error.http_status, type(error).__name__
            if isinstance(error, GatewayRefused) and call.auth:
                error.scheme = call.auth.name
            raise
        finally:
            spent = round(1000 * (self._clock() - attempt.began))
            self._tell(attempt.exchange(call, spent), tell)

    def _fetch(
        self, call: _Call, attempt: _Attempt, sent: PreparedRequest, deadline: Deadline
    ) -> Reply:
        left = max(deadline.left(), 0.001)
        connect, read = self._timeouts
        with (
            deadline.running(),
            # Without the session's own part, which is cookies, hooks and redirects: even
            # of one that it is not to follow it reads the body, whatever its size.
            self._session.get_adapter(str(sent.url)).send(
                sent, stream=True, timeout=(min(connect, left), min(read, left))
            ) as response,
        ):
            attempt.status = response.status_code
            body = _body(response, call.most, deadline)
        headers = dict(response.headers.lower_items())
        return Reply(response.status_code, headers, body, self._wall())

    def _tell(self, exchange: Exchange, tell: Tell) -> None:
        log.info("vendor call", extra=exchange.for_log())
        if tell:
            tell(exchange)


@contextmanager
def _translated(call: _Call, attempt: _Attempt) -> Iterator[None]:
    """Say in our own exceptions what fails below."""
    try:
        yield
    except requests.exceptions.ContentDecodingError as error:
        raise Unintelligible(
            "the body is not encoded as it says", http_status=attempt.status
        ) from error
    except (OSError, HTTPError, ValueError) as error:
        # Everything of `requests` is an OSError. The ValueErrors are those that
        # http.client and urllib3 raise about an address or a header.
        failure = Unreachable(f"no answer: {_reason(error)}", http_status=attempt.status)
        if call.has_secret_address:
            # The words of the cause hold the address.
            raise failure from None
        raise failure from error


def _with_their_time(call: _Call, error: LifecheckError, now: float) -> _Call | None:
    """*call*, signed with the gateway's own clock where it says that ours is wrong."""
    if not isinstance(error, GatewayRefused) or error.kind is not GatewayKind.CLOCK_SKEW:
        return None
    if error.answered_at is None or call.auth is None:
        return None
    auth = call.auth.at(error.answered_at)
    if auth is None:
        return None
    off = {"call": call.name, "seconds": round(error.answered_at - now)}
    log.warning("the clock differs from the gateway's", extra=off)
    return replace(call, auth=auth)


def _as_it_travels(url: str) -> str:
    """*url* with all encoded that has to be; one that is none fails in its calls."""
    request = PreparedRequest()
    try:
        request.prepare_url(url, None)
    except (OSError, ValueError):
        return url
    return str(request.url)


def _session(adapter: BaseAdapter, *prefixes: str) -> requests.Session:
    """A session for many threads: nothing in it changes from one call to the next.

    Its adapters are all that is used of it, so that no cookie is kept, and no `.netrc`
    or proxy of the environment is heard of: settings have one reader.
    """
    session = requests.Session()
    session.adapters.clear()
    for prefix in prefixes:
        session.mount(prefix, adapter)
    return session


def _common_loopback(init_url: str, result_url: str) -> str:
    """The origin that an in-process sandbox answers for; a live vendor has none."""
    init, result = urlsplit(init_url), urlsplit(result_url)
    if (
        (init.scheme, init.netloc) != (result.scheme, result.netloc)
        or init.scheme != "http"
        or not is_loopback(init.hostname or "")
    ):
        raise ValueError(
            "a transport in this process answers for one http:// origin on loopback, "
            "and both addresses must be there"
        )
    return f"{init.scheme}://{init.netloc}/"


def _body(response: requests.Response, most: int, deadline: Deadline) -> bytes:
    """All of the body; its declared length is not believed."""
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > most:
            raise Unintelligible(
                f"an answer of more than {most // 1024} KB",
                http_status=response.status_code,
            )
        if deadline.left() <= 0:
            raise Unreachable("the answer took too long", http_status=response.status_code)
    return bytes(body)


def _reason(error: BaseException) -> str:
    """The kinds of exception from the outermost to the root, without their words."""
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < 4:
        names.append(type(cause).__name__)
        inner = (getattr(cause, "reason", None), *cause.args)
        cause = next((e for e in inner if isinstance(e, BaseException)), None)
    return ", ".join(dict.fromkeys(names))
