"""Scores an answer's headers as Mozilla's HTTP Observatory does; it knows nothing of ours.

The table is that of its algorithm 5 (2024 and after: `src/grader/charts.js` in
mdn/mdn-http-observatory): 100 points, less what is wrong, more for what is better than
needed; the extra points count only where at most ten were lost. Two of its tests need a
network and are not here: the redirect from http (the proxy's part, 0 when it is there) and
the preload lists (+5 at the most). Nothing of ours sends CORS headers, nor may it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SIX_MONTHS = 15_552_000
BROAD = {
    "ftp:",
    "http:",
    "https:",
    "*",
    "http://*",
    "http://*.*",
    "https://*",
    "https://*.*",
}
INLINE = {"'unsafe-inline'", "data:"}
HASHES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
PRIVATE = {
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
}
LESS_PRIVATE = {
    "origin",
    "origin-when-cross-origin",
    "unsafe-url",
    "no-referrer-when-downgrade",
}
EXTRA_FROM = 90

Policy = dict[str, set[str]]


@dataclass
class Card:
    """The points of an answer, by the name of the test."""

    points: dict[str, int] = field(default_factory=dict)

    @property
    def score(self) -> int:
        """What the Observatory would give; 100 is an A+."""
        without_extra = 100 + sum(p for p in self.points.values() if p < 0)
        whole = 100 + sum(self.points.values())
        return max(0, whole if without_extra >= EXTRA_FROM else without_extra)


def score(headers: Mapping[str, str], cookies: Iterable[str] = (), page: str = "") -> Card:
    """The card of one answer over https: its headers, its Set-Cookie lines, its HTML."""
    said = {name.lower(): value for name, value in headers.items()}
    policy = parsed(said.get("content-security-policy", ""))
    hsts = transport(said.get("strict-transport-security"))
    return Card(
        {
            "content-security-policy": security_policy(policy),
            "cookies": of_cookies([read_cookie(line) for line in cookies], hsts=hsts),
            "cross-origin-resource-sharing": sharing(said),
            "cross-origin-opener-policy": one_of(
                said.get("cross-origin-opener-policy"),
                {
                    "same-origin": 10,
                    "same-origin-allow-popups": 10,
                    "noopener-allow-popups": 10,
                    "unsafe-none": 0,
                },
            ),
            "cross-origin-embedder-policy": one_of(
                said.get("cross-origin-embedder-policy"),
                {"require-corp": 10, "credentialless": 10, "unsafe-none": 0},
            ),
            "cross-origin-resource-policy": one_of(
                said.get("cross-origin-resource-policy"),
                {"same-origin": 10, "same-site": 10, "cross-origin": 0},
            ),
            "referrer-policy": referrer(said.get("referrer-policy")),
            "strict-transport-security": hsts,
            "subresource-integrity": scripts(page),
            "x-content-type-options": (
                0 if said.get("x-content-type-options", "").lower() == "nosniff" else -5
            ),
            "x-frame-options": framing(policy, said.get("x-frame-options")),
        }
    )


def parsed(text: str) -> Policy | None:
    """Directives and their sources; None where there is no policy or it is no sound one."""
    policy: Policy = {}
    for entry in text.split(";"):
        name, *sources = entry.lower().split() or [""]
        if not name:
            continue
        if name in policy:
            return None
        bare = ["'none'"] if name.endswith("-src") and not sources else sources
        policy[name] = set(bare)
    return policy or None


def security_policy(policy: Policy | None) -> int:
    """Ten points for a policy that begins with nothing and adds nothing unsafe."""
    if policy is None:
        return -25
    usual = policy.get("default-src", {"*"})
    script, style = (policy.get(n, usual) for n in ("script-src", "style-src"))
    objects = policy.get("object-src", usual)
    # Browsers that know hashes forget 'unsafe-inline' beside one.
    script, style = (
        sources - {"'unsafe-inline'"} if hashed(sources) else sources
        for sources in (script, style)
    )
    passive = policy.get("img-src", usual) | policy.get("media-src", usual)
    named = {n: v for n, v in policy.items() if n not in {"img-src", "media-src"}}
    active = set().union(*named.values())
    if script & (BROAD | INLINE) or objects & BROAD:
        return -20
    if plain(active):
        return -20
    if "'unsafe-eval'" in script | style:
        return -10
    if plain(passive):
        return -10
    if style & (BROAD | INLINE):
        return 0
    return 10 if usual == {"'none'"} else 5


def hashed(sources: set[str]) -> bool:
    """Whether an inline script or style is allowed by its content."""
    return any(source.startswith(HASHES) for source in sources)


def plain(sources: set[str]) -> bool:
    """Whether anything may come over a connection that anybody can read."""
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def transport(value: str | None) -> int:
    """HSTS for half a year at least."""
    found = re.search(r"(?:^|;)\s*max-age=(\d+)", value or "", re.IGNORECASE)
    if not found or "," in (value or ""):
        return -20
    return 0 if int(found[1]) >= SIX_MONTHS else -10


def referrer(value: str | None) -> int:
    """The last value that is known counts."""
    known = [v.strip().lower() for v in (value or "").split(",")]
    known = [v for v in known if v in PRIVATE | LESS_PRIVATE]
    if not known:
        return -5 if value else 0
    return 5 if known[-1] in PRIVATE else -5


def framing(policy: Policy | None, value: str | None) -> int:
    """By `frame-ancestors`, or else by the older header."""
    if policy and policy.get("frame-ancestors"):
        return 5
    return 5 if (value or "").lower() in {"deny", "sameorigin"} else -20


def one_of(value: str | None, points: Mapping[str, int]) -> int:
    """What a header's value is worth; an unknown one costs five."""
    return points.get(value.strip().lower(), -5) if value else 0


def sharing(said: Mapping[str, str]) -> int:
    """Other sites may not read answers with a visitor's cookies."""
    return -50 if "access-control-allow-credentials" in said else 0


def scripts(page: str) -> int:
    """Scripts of our own need no hash; those of others are not meant to be there."""
    sources = re.findall(r'<script[^>]*\ssrc="([^"]*)"', page)
    return -50 if any(re.match(r"(https?:)?//", source) for source in sources) else 0


def read_cookie(line: str) -> dict[str, str]:
    """A Set-Cookie line as names and values in lower case; the cookie's own is `name`."""
    first, *rest = line.split(";")
    pairs = (part.strip().partition("=") for part in rest)
    return {"name": first.partition("=")[0], **{n.lower(): v.lower() for n, _, v in pairs}}


def of_cookies(cookies: list[dict[str, str]], *, hsts: int) -> int:
    """Five points when each is Secure, SameSite and, for sessions, HttpOnly."""
    worst = 5 if cookies else 0
    for cookie in cookies:
        session = any(word in cookie["name"].lower() for word in ("login", "sess"))
        same_site = cookie.get("samesite")
        if session and "httponly" not in cookie:
            worst = min(worst, -30)
        if same_site not in {None, "lax", "strict", "none"}:
            worst = min(worst, -20)
        if "secure" not in cookie:
            insecure = -40 if session else -20
            worst = min(worst, (-10 if session else -5) if hsts >= 0 else insecure)
        if same_site is None:
            worst = min(worst, -20 if "csrf" in cookie["name"].lower() else 0)
    return worst
