"""A brand of one's own: what is refused, what is served, and that it can be read."""

import colorsys
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lifecheck_demo import create_app
from lifecheck_demo.brand import (
    DARK,
    LARGEST_LOGO,
    LIGHT,
    Brand,
    Scheme,
    contrast_of,
    readable,
    rgb_of,
    softened,
)
from lifecheck_demo.settings import ROOT, Settings, SettingsError, announcement

ACCENTS = [
    "#1d4fd7",
    "#ffcc00",
    "#ff6600",
    "#00a0e9",
    "#e60012",
    "#07c160",
    "#000000",
    "#ffffff",
    "#7f7f7f",
]
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def branded(tmp_path: Path, **environ: str) -> FlaskClient:
    """A demo with these settings."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path / "instance"), **environ}
    return create_app(Settings.from_environment(environ)).test_client()


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.54), ("#fff000", "#fff000", 1)],
)
def test_contrast_is_counted_as_wcag_has_it(one: str, other: str, ratio: float) -> None:
    """#767676 is the well-known lightest grey that is allowed on white."""
    assert contrast_of(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast_of(other, one) == contrast_of(one, other)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_every_accent_can_be_read_in_its_own_hue(accent: str, scheme: Scheme) -> None:
    """On the page, on a card and on its own soft ground; a readable one is left alone."""
    shade = readable(accent, scheme)
    grounds = (*scheme.grounds, softened(shade, scheme))

    assert min(contrast_of(shade, ground) for ground in grounds) >= 4.5
    if shade != accent:
        own, moved = (colorsys.rgb_to_hls(*rgb_of(c)) for c in (accent, shade))
        assert moved[0] == pytest.approx(own[0], abs=0.02)
        assert (moved[1] < own[1]) is scheme.darker
        assert (
            min(contrast_of(accent, g) for g in (*scheme.grounds, softened(accent, scheme)))
            < 4.5
        )


def test_the_schemes_are_those_of_the_style_sheet() -> None:
    """Held against other grounds, the contrast would be a figure and no more."""
    css = (ROOT / "static/css/demo.css").read_text()
    light, dark = css.split("prefers-color-scheme: dark", 1)
    for part, scheme in ((light, LIGHT), (dark, DARK)):
        told = dict(re.findall(r"--(page|surface|on-accent): (#\w+);", part)[:3])
        assert {told["page"], told["surface"]} == set(scheme.grounds)
        for accent in ACCENTS:
            assert contrast_of(readable(accent, scheme), told["on-accent"]) >= 4.5


def test_pages_carry_name_colour_and_logo_and_still_run_nothing_inline(
    tmp_path: Path,
) -> None:
    """The style is two lines, allowed by its hash alone."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    client = branded(
        tmp_path, BRAND_NAME="Bank & Sons", BRAND_LOGO=str(logo), BRAND_ACCENT="E60012"
    )
    for address in ("/", "/stage"):
        answer = client.get(address)
        style = Brand(accent="#e60012").style
        assert f"<style>{style}</style>" in answer.text
        assert (
            Brand(accent="#e60012").style_hash in answer.headers["Content-Security-Policy"]
        )
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "Bank &amp; Sons</title>" in answer.text
        assert 'src="/brand/logo"' in answer.text
    picture = client.get("/brand/logo")
    assert (picture.data, picture.content_type) == (PNG, "image/png")


def test_a_logo_opened_by_itself_runs_nothing(tmp_path: Path) -> None:
    """An SVG is a document, and this one comes with a script."""
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')
    policy = (
        branded(tmp_path, BRAND_LOGO=str(logo))
        .get("/brand/logo")
        .headers["Content-Security-Policy"]
    )

    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")


def test_without_a_brand_the_demo_has_its_own(tmp_path: Path) -> None:
    """And no style in the page, no picture at that address."""
    client = branded(tmp_path)
    answer = client.get("/")

    assert "<style>" not in answer.text
    assert "LifeCheck" in answer.text
    assert "style-src 'self';" in answer.headers["Content-Security-Policy"]
    assert client.get("/brand/logo").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BRAND_NAME", "x" * 41, "at most 40 characters"),
        ("BRAND_NAME", "a\x07b", "at most 40 characters"),
        ("BRAND_ACCENT", "red", "six hex digits, like #1d4fd7"),
        ("BRAND_ACCENT", "#12345", "six hex digits"),
        ("BRAND_LOGO", "/nowhere/logo.png", "cannot be read (No such file"),
        ("BRAND_LOGO", "logo.gif", "ends in .svg, .png, .jpg or .webp"),
        ("BRAND_LOGO", "{tmp}/text.png", "does not hold the kind of picture"),
        ("BRAND_LOGO", "{tmp}/large.png", "smaller than 60 KB"),
        ("BRAND_LOGO", "{tmp}", "ends in .svg"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_what_to_type(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    """A customer never sees a broken picture."""
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "large.png").write_bytes(PNG + bytes(LARGEST_LOGO))

    with pytest.raises(SettingsError) as refused:
        branded(tmp_path, **{name: value.replace("{tmp}", str(tmp_path))})

    assert name in str(refused.value)
    assert told in str(refused.value)


def test_the_start_tells_of_a_colour_that_had_to_be_darkened(tmp_path: Path) -> None:
    """The operator hears it; a colour that can be read is not spoken of."""

    def said(accent: str) -> str:
        environ = {"LIFECHECK_INSTANCE": str(tmp_path), "BRAND_ACCENT": accent}
        return announcement(Settings.from_environment(environ), "http://127.0.0.1:8000")

    assert "its shade #856a00 is used" in said("#ffcc00")
    assert "BRAND_ACCENT" not in said("#1d4fd7")
