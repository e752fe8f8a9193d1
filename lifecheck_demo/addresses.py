"""The addresses along a check: from this demo to the camera page and back."""

from typing import Final
from urllib.parse import quote

from flask import request, url_for

from .settings import Settings, is_loopback
from .visit import Visit

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
        return self._settings.public_url or request.host_url.rstrip("/")

    @property
    def init_url(self) -> str:
        """Where a check is begun."""
        return self._settings.init_url or f"{self.origin}{SANDBOX_PATH}/init"

    @property
    def result_url(self) -> str:
        """Where its result is asked for."""
        return self._settings.result_url or f"{self.origin}{SANDBOX_PATH}/result"

    def return_url(self, check_id: str) -> str:
        """Where the camera page sends the browser back to; raises PublicUrlMissing."""
        if not (self._settings.public_url or is_loopback(request.host)):
            raise PublicUrlMissing
        return f"{self.origin}{return_path(check_id)}"

    def camera_page(self, visit: Visit) -> str:
        """The camera page of a check that has begun."""
        return f"{self.h5_url}?token={quote(visit.token, safe='')}"


def return_path(check_id: str) -> str:
    """Where the camera page sends the browser back to, on this demo's origin."""
    return url_for("journey.returned", check_id=check_id)
