"""Whose demo it is: a name, a logo and an accent colour that can be read."""

import colorsys
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort

MOST_NAME_CHARACTERS: Final = 40
# A page has to stay light, and its logo comes with each.
LARGEST_LOGO: Final = 60 * 1024
# WCAG 2.2, 1.4.3: text against its ground.
LEAST_CONTRAST: Final = 4.5

HEX: Final = re.compile(r"#?([0-9a-fA-F]{6})")
SIGNATURES: Final = {
    ".png": ("image/png", b"\x89PNG\r\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".webp": ("image/webp", b"RIFF"),
    ".svg": ("image/svg+xml", b"<"),
}

Rgb = tuple[float, float, float]


class BrandError(ValueError):
    """A part of the brand cannot be used; the message says what to type."""


@dataclass(frozen=True)
class Scheme:
    """The grounds of one colour scheme in demo.css, and how the accent softens on them."""

    grounds: tuple[str, ...]
    soften_with: str
    share: float
    darker: bool


LIGHT: Final = Scheme(("#ffffff", "#f6f7f9"), "#ffffff", 0.1, darker=True)
DARK: Final = Scheme(("#171b23", "#0e1116"), "#171b23", 0.18, darker=False)


@dataclass(frozen=True)
class Logo:
    """A picture as it is served."""

    data: bytes
    content_type: str

    @classmethod
    def read(cls, path: Path) -> "Logo":
        """The picture in the file *path*; raises `BrandError`."""
        kind, signature = SIGNATURES.get(path.suffix.lower(), ("", b""))
        if not kind:
            raise BrandError("name a file that ends in .svg, .png, .jpg or .webp.")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BrandError(
                f"{path} cannot be read ({error.strerror}): check the path and who may "
                "read it."
            ) from error
        if len(data) > LARGEST_LOGO:
            raise BrandError(
                f"{path} has {len(data) // 1024} KB; every page carries it, so make it "
                f"smaller than {LARGEST_LOGO // 1024} KB."
            )
        if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(signature):
            raise BrandError(f"{path} does not hold the kind of picture its name says.")
        return cls(data, kind)


@dataclass(frozen=True)
class Brand:
    """What stands in place of the demo's own name, mark and blue; each may be empty.

    `accent` is a colour as `#rrggbb`.
    """

    name: str = ""
    logo: Logo | None = None
    accent: str = ""

    @classmethod
    def told(cls, name: str, logo: str, accent: str) -> "Brand":
        """From the texts of the settings; raises `BrandError`."""
        if len(name) > MOST_NAME_CHARACTERS or not name.isprintable():
            raise BrandError(
                f"BRAND_NAME is for a name of at most {MOST_NAME_CHARACTERS} characters."
            )
        colour = HEX.fullmatch(accent) if accent else None
        if accent and not colour:
            raise BrandError("BRAND_ACCENT must be six hex digits, like #1d4fd7.")
        try:
            picture = Logo.read(Path(logo)) if logo else None
        except BrandError as error:
            raise BrandError(f"BRAND_LOGO: {error}") from error
        return cls(name, picture, f"#{colour[1].lower()}" if colour else "")

    @cached_property
    def style(self) -> str:
        """The accent as a style sheet for both colour schemes, or empty."""
        if not self.accent:
            return ""
        return (
            f":root{{{declared(self.accent, LIGHT)}}}"
            f"@media (prefers-color-scheme:dark){{:root{{{declared(self.accent, DARK)}}}}}"
        )

    @property
    def style_hash(self) -> str:
        """The style sheet's name in a Content-Security-Policy, or empty."""
        digest = sha256(self.style.encode()).digest()
        return f"'sha256-{b64encode(digest).decode()}'" if self.style else ""

    @property
    def advice(self) -> str:
        """What to know about the accent before customers see it, or empty."""
        if not self.accent:
            return ""
        shade = readable(self.accent, LIGHT)
        if shade == self.accent:
            return ""
        return (
            f"BRAND_ACCENT {self.accent} is too pale to be read on a white page (WCAG "
            f"asks for {LEAST_CONTRAST}:1): its shade {shade} is used there."
        )


def create_brand(brand: Brand) -> Blueprint:
    """The logo's address."""
    views = Blueprint("brand", __name__)

    @views.get("/brand/logo")
    def logo() -> Response:
        if brand.logo is None:
            abort(404)
        answer = Response(brand.logo.data, content_type=brand.logo.content_type)
        # Opened by itself, an SVG is a document that could run scripts. Its styles are
        # the operator's, and not known here: some browsers hold them against this policy
        # even where it is a picture in a page.
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
            "frame-ancestors 'none'; base-uri 'none'; sandbox"
        )
        return answer

    return views


def declared(accent: str, scheme: Scheme) -> str:
    """The two accent values of a scheme, as demo.css names them."""
    shade = readable(accent, scheme)
    return f"--accent:{shade};--accent-soft:{softened(shade, scheme)}"


def readable(accent: str, scheme: Scheme) -> str:
    """The shade of *accent* nearest to it that can be read on the scheme's grounds.

    Hue and saturation stay; lightness moves in steps of a hundredth (HLS). Text on a
    ground of this shade, white in light and nearly black in dark, can be read as well:
    contrast has no direction.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*rgb_of(accent))
    shade = accent
    for step in range(101):
        moved = lightness + (-step if scheme.darker else step) / 100
        clamped = min(1.0, max(0.0, moved))
        shade = hex_of(colorsys.hls_to_rgb(hue, clamped, saturation)) if step else accent
        grounds = (*scheme.grounds, softened(shade, scheme))
        if all(contrast_of(shade, ground) >= LEAST_CONTRAST for ground in grounds):
            break
    return shade


def softened(shade: str, scheme: Scheme) -> str:
    """A little of *shade* on the scheme's surface."""
    surface = rgb_of(scheme.soften_with)
    mixed = (
        own * scheme.share + ground * (1 - scheme.share)
        for own, ground in zip(rgb_of(shade), surface, strict=True)
    )
    red, green, blue = mixed
    return hex_of((red, green, blue))


def contrast_of(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((luminance_of(one), luminance_of(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance_of(colour: str) -> float:
    """The relative luminance, 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in rgb_of(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def rgb_of(colour: str) -> Rgb:
    """Red, green and blue of `#rrggbb`, each 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def hex_of(rgb: Rgb) -> str:
    """The inverse of `rgb_of`."""
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)
