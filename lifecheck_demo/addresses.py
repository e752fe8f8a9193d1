"""The addresses along a check: from this demo to the camera page and back."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit

from flask import Flask, request, url_for
from werkzeug.sansio.utils import get_current_url

from .client import StartedCheck
from .settings import Settings, is_loopback
from .visit import Visit

log = logging.getLogger(__name__)

# As `visit.new_id` makes them.
CHECK_ID: Final = "<string(length=16):check_id>"
SANDBOX_PATH: Final = "/sandbox/lifecheck/v2"


class PublicUrlMissing(RuntimeError):
    """The browser uses an address that only PUBLIC_URL could vouch for."""


class Addresses:
    """What browsers and integrators see; *h5_url* is the camera page's."""

    def __init__(self, settings: Settings, h5_url: str) -> None:
        self._settings = settings
        self.h5_url = h5_url

    @property
    def origin(self) -> str:
        """This demo's, as the browser has it; to be shown, and vouched for by nobody."""
        return self._settings.public_url or _origin_of(request.scheme, request.host)

    @property
    def init_url(self) -> str:
        """Where a check is begun."""
        return self._settings.init_url or f"{self.origin}{SANDBOX_PATH}/init"

    @property
    def result_url(self) -> str:
        """Where its result is asked for."""
        return self._settings.result_url or f"{self.origin}{SANDBOX_PATH}/result"

    @property
    def whole_h5_url(self) -> str:
        """The camera page's, as an integrator has to write it."""
        return urljoin(self.origin, self.h5_url)

    def return_url(self, check_id: str) -> str:
        """Where the camera page sends the browser back to; raises PublicUrlMissing."""
        if not (self._settings.public_url or is_loopback(request.host)):
            raise PublicUrlMissing
        return f"{self.origin}{return_path(check_id)}"

    def camera_page(self, visit: Visit) -> str:
        """The camera page of a check that has begun."""
        page = visit.page or self.h5_url
        return f"{page}{'&' if '?' in page else '?'}token={quote(visit.token, safe='')}"

    def page_of(self, started: StartedCheck) -> str:
        """The camera page that the vendor itself names, without its token, if it may be.

        Version 2.1 of the vendor does. An answer must not lead a visitor's face just
        anywhere: another host than the configured page's has to be in
        LIFECHECK_H5_HOSTS. Empty for the configured page.
        """
        if not started.page_url or self._settings.sandboxed:
            return ""
        named = urlsplit(started.page_url)
        fields = parse_qsl(named.query, keep_blank_values=True)
        rest = [pair for pair in fields if pair != ("token", started.token)]
        if not self._is_known(named) or "token" in dict(rest):
            log.warning(
                "the camera page that init names is not used: its host is not known "
                "(LIFECHECK_H5_HOSTS), or it is for another token",
                extra={"host": named.hostname},
            )
            return ""
        page = named._replace(query=urlencode(rest), fragment="").geturl()
        return "" if page == self.h5_url else page

    def _is_known(self, named: SplitResult) -> bool:
        own = urlsplit(self.h5_url)
        if named.username is not None or named.password is not None:
            return False
        if (named.scheme, named.netloc) == (own.scheme, own.netloc):
            return named.scheme == "https" or is_loopback(named.netloc)
        if named.scheme == "http":
            both = is_loopback(named.netloc) and is_loopback(own.netloc)
            return both and own.scheme == "http"
        known = {own.hostname, *self._settings.h5_hosts}
        return named.hostname in known and named.port in {None, 443}


@lru_cache(maxsize=64)
def _origin_of(scheme: str, host: str) -> str:
    # As `request.host_url`, which takes every host apart to read it.
    return get_current_url(scheme, host).rstrip("/")


def url_for_pages(app: Flask) -> Callable[..., str]:
    """Flask's `url_for`, for pages: what takes no values is worked out once.

    Only the path that a proxy has the demo below can differ from request to request.
    """
    known: dict[str, str] = {}

    def address(endpoint: str, **values: Any) -> str:
        if values:
            return app.url_for(endpoint, **values)
        if endpoint not in known:
            known[endpoint] = app.url_map.bind("").build(endpoint)
        return f"{request.script_root}{known[endpoint]}"

    return address


def return_path(check_id: str) -> str:
    """Where the camera page sends the browser back to, on this demo's origin."""
    return url_for("journey.returned", check_id=check_id)
