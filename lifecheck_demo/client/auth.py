"""How a call proves who pays for it: one small `requests` auth object per market."""

from typing import Final

from requests import PreparedRequest
from requests.auth import AuthBase

from .masking import DOTS


class VendorAuth(AuthBase):
    """Signs a prepared request, and names what must never be shown of it.

    The base for the other markets: they see the final method, address, headers and
    body, so a signature can cover what really travels.
    """

    @property
    def credentials(self) -> tuple[str, ...]:
        """Every text that an answer must not be allowed to echo."""
        return ()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add to *r* what the market asks for."""
        return r

    def __repr__(self) -> str:
        return f"{type(self).__name__}({DOTS if self.credentials else ''})"


class NoAuth(VendorAuth):
    """Proves nothing: for the sandbox, and for a proxy that adds the proof itself."""


class AppCodeAuth(VendorAuth):
    """The header `Authorization: APPCODE …` of the Alibaba Cloud market.

    The query parameter that the market offers as well would end up in access logs.
    """

    def __init__(self, appcode: str) -> None:
        # Checked here, because http.client prints the header that it will not send.
        if not appcode or not appcode.isascii() or not appcode.isprintable():
            raise ValueError("an AppCode is printable ASCII and not empty")
        if " " in appcode:
            raise ValueError("an AppCode holds no space")
        self._appcode = appcode

    @property
    def credentials(self) -> tuple[str, ...]:
        """The AppCode."""
        return (self._appcode,)

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        r.headers["Authorization"] = f"APPCODE {self._appcode}"
        return r


AUTH_NAMES: Final = ("appcode", "none")


def auth_for(name: str, appcode: str = "") -> VendorAuth:
    """The auth object that the setting *name* asks for."""
    match name:
        case "appcode":
            return AppCodeAuth(appcode)
        case "none":
            return NoAuth()
    raise ValueError(f"no auth is called {name!r}: use one of {', '.join(AUTH_NAMES)}")
