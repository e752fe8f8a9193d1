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
        if link.get("rel") != "describedby":
            continue
        kind = link.get("type", "")
        wanted = {"text/html": PAGE, "image/svg+xml": PICTURE}.get(kind)
        address = _address(link.get("url", ""), result_url, in_process=in_process)
        if wanted and address and wanted.fullmatch(address.removeprefix(origin)):
            found[kind] = address
    page = found.get("text/html")
    return Explanation(page, found.get("image/svg+xml", "")) if page else None


def _address(url: str, result_url: str, *, in_process: bool) -> str:
    """*url* if it is beside the API and nothing but a path; empty otherwise."""
    try:
        parts, api = urlsplit(url), urlsplit(result_url)
    except ValueError:
        return ""
    if parts.query or parts.fragment or "@" in parts.netloc:
        return ""
    if in_process:
        return parts.path
    return url if (parts.scheme, parts.netloc) == (api.scheme, api.netloc) else ""
