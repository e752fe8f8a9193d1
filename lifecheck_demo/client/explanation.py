"""Where a sandbox explains how it judged, if it says so in its answer; pure."""

import re
from typing import Final
from urllib.parse import urlsplit

from requests.utils import parse_header_links

from .models import Explanation

MOST_CHARACTERS: Final = 2048
# One name that nobody can guess, so that no other page is reached through it.
PAGE: Final = re.compile(r"/sandbox/lifecheck/v2/judged/[A-Za-z0-9_-]{16,64}")
PICTURE: Final = re.compile(PAGE.pattern + r"\.svg")
KINDS: Final = {"text/html": PAGE, "image/svg+xml": PICTURE}
ANY_ORIGIN: Final = re.compile(r"https?://[^/?#]*")


def read_explanation(
    header: str, result_url: str, *, in_process: bool = False
) -> Explanation | None:
    """What `Link` (RFC 8288) names as describing the result: a page, and a picture of it.

    Only what lies beside the API is taken: a live vendor sends no such header, and a
    gateway's must not lead visitors anywhere. A sandbox in this process is known by
    its path alone, since the browser's origin is not the one it was called under.
    """
    if not header or len(header) > MOST_CHARACTERS:
        return None
    found: dict[str, str] = {}
    api = urlsplit(result_url)
    origin = "" if in_process else f"{api.scheme}://{api.netloc}"
    for link in parse_header_links(header):
        kind, address = link.get("type", ""), link.get("url", "")
        if in_process:
            address = ANY_ORIGIN.sub("", address, count=1)
        wanted = KINDS.get(kind)
        if (
            link.get("rel") == "describedby"
            and wanted
            and address.startswith(origin)
            and wanted.fullmatch(address.removeprefix(origin))
        ):
            found[kind] = address
    page = found.get("text/html")
    return Explanation(page, found.get("image/svg+xml", "")) if page else None
