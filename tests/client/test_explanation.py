"""Where a sandbox may lead a visitor to: to its own page beside the API, and no further."""

import pytest

from lifecheck_demo.client.explanation import read_explanation

ALONE = "http://127.0.0.1:9000/sandbox/lifecheck/v2/result"
LIVE = "https://jm.market.alicloudapi.com/lifecheck/result"
NAME = "A1b2C3d4E5f6-_g7H8i9"
PATH = f"/sandbox/lifecheck/v2/judged/{NAME}"


def link(url: str, kind: str = "text/html", rel: str = "describedby") -> str:
    """A `Link` header with one target."""
    return f'<{url}>; rel="{rel}"; type="{kind}"'


def test_a_sandbox_beside_the_api_is_believed() -> None:
    """The page, and the picture of it."""
    base = f"http://127.0.0.1:9000{PATH}"
    header = ", ".join([link(base), link(f"{base}.svg", "image/svg+xml")])

    found = read_explanation(header, ALONE)

    assert found
    assert (found.page, found.picture) == (base, f"{base}.svg")
    assert NAME not in repr(found)


def test_one_in_this_process_is_known_by_its_path() -> None:
    """It was called under an origin that no browser goes to."""
    found = read_explanation(link(f"http://192.0.2.7:8000{PATH}"), ALONE, in_process=True)

    assert found
    assert (found.page, found.picture) == (PATH, "")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        ";;;,,,<>",
        "<",
        link(PATH),
        link(f"https://evil.example{PATH}"),
        link(f"//evil.example{PATH}"),
        link(f"https://jm.market.alicloudapi.com@evil.example{PATH}"),
        link("javascript:alert(1)"),
        link("https://jm.market.alicloudapi.com/elsewhere"),
        link(f"https://jm.market.alicloudapi.com{PATH}/../../admin"),
        link(f"https://jm.market.alicloudapi.com{PATH}?next=x"),
        link(f"http://[::1{PATH}"),
        link(f"https://jm.market.alicloudapi.com{PATH}", rel="stylesheet"),
        link(f"https://jm.market.alicloudapi.com{PATH}", kind="text/plain"),
        link(f"https://jm.market.alicloudapi.com{PATH}") + " " * 3000,
    ],
)
def test_anything_else_leads_nowhere(header: str) -> None:
    """A gateway's header must not send visitors away."""
    assert read_explanation(header, LIVE) is None


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin",
        "/sandbox/lifecheck/v2/photo/" + NAME,
        f"//evil.example{PATH}",
        "//[evil",
    ],
)
def test_in_this_process_no_other_page_is_reached(path: str) -> None:
    """Only a report has such a name."""
    header = link(f"http://127.0.0.1{path}")
    assert read_explanation(header, ALONE, in_process=True) is None
