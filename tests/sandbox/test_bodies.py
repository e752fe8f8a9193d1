"""What is too large, or comes without its length: refused as such, never cut, never 500."""

import socket
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import LARGEST_BODY, create_sandbox
from lifecheck_demo.sandbox.api import LARGEST_FORM
from lifecheck_demo.sandbox.control import LARGEST_BODY as LARGEST_CONTROL
from lifecheck_demo.sandbox.markets import MARKETS
from tools.serving import serving

FORM = "application/x-www-form-urlencoded"
LARGE = b"a" * (LARGEST_BODY + 1)
PARTS = {f"n{number}": "x" for number in range(21)}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/lifecheck/v2/check/index",
        "/lifecheck/v2/check/outcome",
        "/lifecheck/v2/check/ended",
        "/lifecheck/v2/photo/x",
        "/lifecheck/v2/judged/x",
        "/control/faults",
        "/openapi.json",
    ],
)
@pytest.mark.parametrize("market", ["none", "appcode"])
def test_a_page_that_refuses_a_body_does_not_read_it_again(
    tmp_path: Path, path: str, method: str, market: str
) -> None:
    """The page that says so asks for the language, which may stand in the body."""
    wire = create_sandbox(data=tmp_path, market=market).test_client()
    sent = {"method": method, "headers": {"Accept": "text/html"}}
    for data, kind in ((LARGE, FORM), (PARTS, "multipart/form-data")):
        answer = wire.open(path, data=data, content_type=kind, **sent)
        assert 400 <= answer.status_code < 500, (kind, answer.status_code)


def chunked(address: str, path: str, body: bytes, kind: str) -> str:
    """Send a body in chunks, as programs do that do not know its length."""
    host, port = address.removeprefix("http://").split(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {kind}\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(head.encode() + f"{len(body):x}\r\n".encode() + body)
        line.sendall(b"\r\n0\r\n\r\n")
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    return answer.decode()


def test_a_body_in_chunks_is_taken_whole_or_refused() -> None:
    """On a real server: werkzeug alone would cut it in the middle of a value."""
    back = b"&returnUrl=http://127.0.0.1/abCDEF"
    fill = b"x=" + b"y" * (LARGEST_FORM - len(back) - 1)
    init = "/sandbox/lifecheck/v2/init"
    clock = b'{"seconds": 1}' + b" " * LARGEST_CONTROL
    with serving() as address:
        whole = chunked(address, init, back[1:], FORM)
        cut = chunked(address, init, fill + back, FORM)
        huge = chunked(address, "/sandbox/nowhere", LARGE, FORM)
        moved = chunked(address, "/sandbox/control/clock", clock, "application/json")

    assert '"code":200' in whole
    assert cut.startswith("HTTP/1.1 413")
    assert '"code":400' in cut
    assert huge.startswith("HTTP/1.1 4")
    assert moved.startswith("HTTP/1.1 413")


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(
    "credential",
    [
        '{"id":"\\ud800","signature":"x","x-date":"Mon, 19 Mar 2018 12:08:40 GMT"}',
        '{"id":"demo-key-0000","signature":"\\ud800","x-date":"x"}',
        "APPCODE \xff",
        'hmac id="\xe9", algorithm="hmac-sha1", headers="date", signature="x"',
        "SDK-HMAC-SHA256 Access=\xe9, SignedHeaders=x-sdk-date, Signature=\xff",
    ],
)
def test_an_odd_credential_is_refused_by_the_gateway(
    tmp_path: Path, market: str, credential: str
) -> None:
    """In its own shape; the vendor's own trouble is not what this is."""
    wire = create_sandbox(data=tmp_path, market=market).test_client()
    sent = {"Authorization": credential, "X-Bce-Signature": credential}
    answer = wire.post(
        "/lifecheck/v2/init", data={"returnUrl": "http://a.example/"}, headers=sent
    )

    assert "系统维护" not in answer.text
    assert answer.status_code >= 400 or market == "jumdata"


@pytest.mark.parametrize("market", ["none", "appcode", "huawei-appcode", "baidu-appcode"])
def test_a_credential_that_names_no_fault_is_no_credential(
    tmp_path: Path, market: str
) -> None:
    """The bare beginning of one is no name that is known, as any other is not."""
    wire = create_sandbox(data=tmp_path, market=market).test_client()
    headers = {
        "Authorization": "APPCODE sandbox-",
        "X-Apig-AppCode": "sandbox-",
        "X-Bce-Signature": "AppCode/sandbox-",
    }
    answer = wire.post(
        "/lifecheck/v2/init", data={"returnUrl": "http://a.example/"}, headers=headers
    )

    assert '"token"' not in answer.text
    assert "未知的沙箱测试凭证" in answer.text


def test_the_public_address_is_told_wherever_one_is(tmp_path: Path) -> None:
    """A proxy that changes the host would otherwise lead browsers to nowhere."""
    ours = "https://demo.example.com"
    app = create_sandbox(
        data=tmp_path, version="2.1", public_url=ours, control_key="k" * 16
    )
    wire: FlaskClient = app.test_client()
    begun = wire.post("/lifecheck/v2/init", data={"returnUrl": "http://a.example/"}).json
    assert begun
    token, key = begun["data"]["token"], {"Authorization": f"Bearer {'k' * 16}"}
    finish = f"/control/checks/{token}/finish"
    ended = {"outcome": "passed"}
    foreign = wire.post(finish, json=ended, headers={**key, "Origin": "https://x.example"})
    pressed = wire.post(finish, json=ended, headers={**key, "Origin": ours})
    result = wire.post("/lifecheck/v2/result", data={"token": token}).json
    described = wire.get("/openapi.json").json

    assert (foreign.status_code, pressed.status_code) == (403, 200)
    assert result
    assert described
    assert begun["data"]["url"].startswith(f"{ours}/lifecheck/v2/check/index?token=")
    assert result["data"]["faceImageUrl"].startswith(f"{ours}/lifecheck/v2/photo/")
    assert described["servers"][0]["url"].startswith(ours)


def test_behind_a_gateway_the_description_says_so(tmp_path: Path) -> None:
    """Without one it does not speak of it; the faults' example fits as well."""
    for market, told in (("none", False), ("tencent", True)):
        wire = create_sandbox(data=tmp_path / market, market=market).test_client()
        described = wire.get("/openapi.json").json
        assert described
        assert ("market's gateway (tencent)" in described["info"]["description"]) is told
        page = wire.get("/control/faults").text
        assert ("Authorization: APPCODE sandbox-init-500" in page) is not told
