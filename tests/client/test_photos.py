"""Which photo addresses are followed: the vendor names them, this server goes there."""

import pytest

from lifecheck_demo.client.photos import PhotoRules

LIVE = PhotoRules("https://jm.market.alicloudapi.com/lifecheck/result")
ALONE = PhotoRules("http://127.0.0.1:9000/sandbox/lifecheck/v2/result")
WITHIN = PhotoRules("http://127.0.0.1/sandbox/lifecheck/v2/result", in_process=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://img2.jumdata.com/lifecheck-face/20240101/01/0123.jpg",
        "https://bucket.oss-cn-hangzhou.aliyuncs.com/a.jpg?Expires=1&Signature=a%2Fb",
        "https://img2.jumdata.com:8443/a.jpg",
        "https://93.184.215.14/a.jpg",
    ],
)
def test_a_public_https_address_is_followed(url: str) -> None:
    """As it stands: nobody has documented the vendor's image host."""
    assert LIVE.address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "xxx",
        "//img2.jumdata.com/a.jpg",
        "/etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://img2.jumdata.com/a.jpg",
        "http://img2.jumdata.com/a.jpg",
        "http://127.0.0.1:8000/sandbox/lifecheck/v2/photo/abc",
        "https://localhost/a.jpg",
        "https://localhost./a.jpg",
        "https://intranet/a.jpg",
        "https://db.internal/a.jpg",
        "https://printer.local/a.jpg",
        "https://127.0.0.1/a.jpg",
        "https://127.1/a.jpg",
        "https://2130706433/a.jpg",
        "https://0x7f.0.0.1/a.jpg",
        "https://0x7f000001/a.jpg",
        "https://10.0.0.8/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/a.jpg",
        "https://0.0.0.0/a.jpg",
        "https://[::1]/a.jpg",
        "https://[::ffff:127.0.0.1]/a.jpg",
        "https://[64:ff9b::7f00:1]/a.jpg",
        "https://[fd00::1]/a.jpg",
        "https://img2.jumdata.com@127.0.0.1/a.jpg",
        "https://user:password@img2.jumdata.com/a.jpg",
        "https://img2.jumdata.com\\@127.0.0.1/a.jpg",
        "https://１２７.0.0.1/a.jpg",
        "https://img2.jumdata.com/a b.jpg",
        "https://img2.jumdata.com/a\n.jpg",
        " https://img2.jumdata.com/a.jpg",
        "https://img2.jumdata.com:99999/a.jpg",
        "https://[img2.jumdata.com/a.jpg",
        "https:///a.jpg",
        "https://img2.jumdata.com/" + "a" * 2048,
    ],
)
def test_no_other_address_is_followed(url: str) -> None:
    """Not into this machine, not into its network, not past a second parser."""
    assert LIVE.address(url) is None


def test_hosts_can_be_narrowed() -> None:
    """To hosts that end so, at a dot."""
    rules = PhotoRules(LIVE.result_url, hosts=("jumdata.com", ".Aliyuncs.com"))

    assert rules.address("https://img2.jumdata.com/a.jpg")
    assert rules.address("https://jumdata.com/a.jpg")
    assert rules.address("https://b.aliyuncs.com/a.jpg")
    assert rules.address("https://notjumdata.com/a.jpg") is None
    assert rules.address("https://jumdata.com.evil.example/a.jpg") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_sandbox_that_runs_alone_serves_its_photos_on_http(host: str) -> None:
    """Its camera page may have been opened under another name of this computer."""
    path = "/sandbox/lifecheck/v2/photo/abc"
    url = f"http://{host}:9000{path}"

    assert ALONE.address(url) == url
    assert ALONE.address(f"http://{host}:9001{path}") is None
    assert ALONE.address(f"http://10.0.0.1:9000{path}") is None
    assert LIVE.address(url) is None


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost", "https://demo.example.com"]
)
def test_an_embedded_sandbox_is_asked_in_process(origin: str) -> None:
    """Whatever origin the browser sees; only the path counts."""
    assert WITHIN.address(f"{origin}/sandbox/lifecheck/v2/photo/aB.c-d_e") == (
        "http://127.0.0.1/sandbox/lifecheck/v2/photo/aB.c-d_e"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/check/abc/photo",
        "/sandbox/lifecheck/v2/photo/",
        "/sandbox/lifecheck/v2/photo/..",
        "/sandbox/lifecheck/v2/photo/../../../check",
        "/sandbox/lifecheck/v2/photo/a/../../b",
        "/sandbox/lifecheck/v2/photo/%2e%2e/b",
        "/sandbox/lifecheck/v2/photo/a?b=c",
        "/sandbox/lifecheck/v2/check/index",
        "/x/sandbox/lifecheck/v2/photo/a",
    ],
)
def test_only_photos_are_asked_for_in_process(path: str) -> None:
    """No other page of the demo can be reached through an address in an answer."""
    assert WITHIN.address(f"http://127.0.0.1:8000{path}") is None
