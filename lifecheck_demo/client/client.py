"""Speaks to the vendor: start a check, ask for its result, fetch its photo."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from .auth import VendorAuth
from .deadline import Deadline, DeadlineAdapter
from .errors import LifecheckError, PhotoRefused, Unintelligible, Unreachable
from .exchange import Exchange, Message, came_message, sent_message
from .explanation import read_explanation
from .masking import Secrets
from .models import CheckResult, InitRequest, Photo, Reply, StartedCheck
from .photos import PhotoRules, is_loopback, read_photo
from .reading import read_result, read_started

log = logging.getLogger(__name__)

MOST_JSON: Final = 256 * 1024
MOST_PHOTO: Final = 5 * 1024 * 1024
CHUNK: Final = 16 * 1024
USER_AGENT: Final = "lifecheck-demo"

NO_SECRETS: Final = Secrets()

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
    secrets: Secrets = NO_SECRETS

    @property
    def headers(self) -> dict[str, str]:
        """What goes out beside what the session and the auth add."""
        headers = {"Accept": self.accept}
        if self.parameters is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return headers

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
        """Whether the address is a face's, or may carry a credential in its query."""
        return self.name == "photo" or "?" in self.url


def _exchange(
    call: _Call, reply: Reply | None, status: int | None, spent: int, failure: str
) -> Exchange:
    asked = reply.asked if reply else call.headers
    is_photo = call.name == "photo"
    return Exchange(
        call.name,
        call.method,
        call.shown_path,
        status,
        spent,
        len(reply.body) if reply else 0,
        failure,
        call.shown_origin,
        sent_message(asked, call.parameters, call.secrets),
        came_message(reply, call.secrets, is_photo=is_photo) if reply else Message(),
    )


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Nowhere: even with redirects off, `requests` looks one step ahead.

        In doing so it reads the whole body of the redirect, whatever its size.
        """
        return None


class LifecheckClient:
    """The vendor's two calls and the photo; one for the whole app, shared by threads.

    `connect` and `read` are time-outs for one step, `total` is the deadline over all of
    a call; all in seconds. `pool_size` is how many idle connections are kept per host.
    `transport` is for a sandbox in this process: with it nothing reaches a network, and
    without it nothing reaches the process. `photo_hosts` narrows the hosts that photos
    are fetched from to those that end so. `on_exchange` is told of every call.

    Every method raises a LifecheckError, and nothing else, when the call fails.
    """

    def __init__(
        self,
        init_url: str,
        result_url: str,
        *,
        auth: VendorAuth,
        transport: BaseAdapter | None = None,
        photo_hosts: tuple[str, ...] = (),
        connect: float = 3.0,
        read: float = 5.0,
        total: float = 8.0,
        pool_size: int = 32,
        on_exchange: Callable[[Exchange], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._init_url = init_url
        self._result_url = result_url
        self._auth = auth
        self._timeouts = (min(connect, total), min(read, total))
        self._total = total
        self._photos = PhotoRules(result_url, transport is not None, photo_hosts)
        self._on_exchange = on_exchange
        self._clock = clock
        if transport is None:
            self._session = _session(DeadlineAdapter(4, pool_size), "https://", "http://")
        else:
            self._session = _session(transport, _common_loopback(init_url, result_url))

    def __repr__(self) -> str:
        hosts = {urlsplit(url).netloc for url in (self._init_url, self._result_url)}
        return f"<{type(self).__name__} {' '.join(sorted(hosts))} {self._auth!r}>"

    def start(
        self, request: InitRequest, *, auth: VendorAuth | None = None, tell: Tell = None
    ) -> StartedCheck:
        """Begin a check; the token opens the camera page and, later, the result.

        *auth* is for this call, in place of the client's own; *tell* is told of it.
        """
        call = self._post("init", self._init_url, request.parameters(), auth)
        return self._make(call, lambda reply: read_started(reply, call.secrets), tell)

    def result(
        self, token: str, *, auth: VendorAuth | None = None, tell: Tell = None
    ) -> CheckResult:
        """How the check of *token* stands; every query may be charged."""
        call = self._post("result", self._result_url, {"token": token}, auth)

        def read(reply: Reply) -> CheckResult:
            result = read_result(
                reply, call.secrets, lambda url: self._photos.address(url) is not None
            )
            explanation = read_explanation(
                reply.headers.get("link", ""),
                self._result_url,
                in_process=self._photos.in_process,
            )
            return replace(result, explanation=explanation)

        return self._make(call, read, tell)

    def photo(self, url: str, *, tell: Tell = None) -> Photo:
        """The photo at *url*, fetched without any credential."""
        address = self._photos.address(url)
        if address is None:
            raise PhotoRefused("photos are not fetched from such an address")
        accept = "image/jpeg, image/png, image/webp"
        call = _Call("photo", "GET", address, accept, MOST_PHOTO)
        return self._make(call, read_photo, tell)

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
        return _Call(name, "POST", url, accept, MOST_JSON, own, parameters, secrets)

    def _make(self, call: _Call, read: Callable[[Reply], Read], tell: Tell) -> Read:
        began = self._clock()
        reply, status, failure = None, None, ""
        try:
            reply = self._fetch(call, Deadline(began + self._total, self._clock))
            status = reply.status
            return read(reply)
        except LifecheckError as error:
            status, failure = error.http_status, type(error).__name__
            raise
        finally:
            spent = round(1000 * (self._clock() - began))
            self._tell(_exchange(call, reply, status, spent, failure), tell)

    def _fetch(self, call: _Call, deadline: Deadline) -> Reply:
        status = None
        try:
            with deadline.running(), self._send(call) as response:
                status = response.status_code
                body = _body(response, call.most, deadline)
        except requests.exceptions.ContentDecodingError as error:
            raise Unintelligible(
                "the body is not encoded as it says", http_status=status
            ) from error
        except (OSError, HTTPError, ValueError) as error:
            # Everything of `requests` is an OSError. The ValueErrors are those that
            # http.client and urllib3 raise about an address or a header.
            failure = Unreachable(f"no answer: {_reason(error)}", http_status=status)
            if call.has_secret_address:
                # The words of the cause hold the address.
                raise failure from None
            raise failure from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status, headers, body, dict(response.request.headers))

    def _send(self, call: _Call) -> requests.Response:
        data = None
        if call.parameters is not None:
            data = urlencode(call.parameters, errors="replace")
        return self._session.request(
            call.method,
            call.url,
            data=data,
            headers=call.headers,
            auth=call.auth,
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        )

    def _tell(self, exchange: Exchange, tell: Tell) -> None:
        log.info("vendor call", extra=exchange.for_log())
        for told in (self._on_exchange, tell):
            if told:
                told(exchange)


def _session(adapter: BaseAdapter, *prefixes: str) -> requests.Session:
    """A session for many threads: nothing in it changes from one call to the next.

    The environment is not read: settings have one reader, a `.netrc` could add a
    credential to the photo's request, and looking for proxies costs time in each call.
    """
    session = _Session()
    session.trust_env = False
    jar = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    session.cookies = jar
    session.headers.clear()
    # Answers are small, and what is not compressed cannot be a bomb.
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
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
