"""The doctor of the set-up: whatever is wrong is one line that says what to type."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from werkzeug.wrappers import Response

from lifecheck_demo import create_app, doctor
from lifecheck_demo.client import (
    InitRequest,
    LifecheckClient,
    NoAuth,
    Probe,
    Trouble,
    Unintelligible,
    Unreachable,
    probe,
)
from lifecheck_demo.settings import MARKETS, Settings
from tests.client import hostile
from tests.conftest import Visitor, hidden, no_pause, outcome_of
from tests.vendor import Vendor, envelope, running

ROOT = Path(__file__).parent.parent
NOW = 1_800_000_000.0
CREDENTIALS = {
    "LIFECHECK_APPCODE": "c0de-0123456789",
    "LIFECHECK_KEY": "key-0123456789",
    "LIFECHECK_SECRET": "s3cret-0123456789",
}
LIVE = {
    "LIFECHECK_INIT_URL": "https://a.example/init",
    "LIFECHECK_RESULT_URL": "https://b.example/result",
    "LIFECHECK_AUTH": "tencent",
    **{name: CREDENTIALS[name] for name in MARKETS["tencent"].credentials},
}
OURS = json.dumps({"status": "ok", "vendor": "live", "store": "ok"}).encode()
Look = Callable[..., Probe]


def healthy(origin: str, *, path: str = "") -> Probe:
    """Everything answers, and knows what time it is."""
    return Probe(status=200, date=NOW, body=OURS if path else b"")


def notes(tmp_path: Path, look: Look = healthy, **environ: str) -> dict[str, list[str]]:
    """What the doctor finds: its lines under the level of each."""
    settings = Settings.from_environment(
        {"LIFECHECK_INSTANCE": str(tmp_path), "SECRET_KEY": "k" * 32, **environ}
    )
    found: dict[str, list[str]] = {"ok": [], "look": [], "WRONG": []}
    for note in doctor.examine(settings, look=look, clock=lambda: NOW):
        assert "\n" not in str(note)
        assert not any(secret in str(note) for secret in CREDENTIALS.values())
        found[note.level].append(f"{note.about}: {note.text}")
    return found


def test_a_sound_set_up_has_nothing_wrong(tmp_path: Path) -> None:
    """And each thing that was looked at is told."""
    environ = {**LIVE, "PUBLIC_URL": "https://demo.example.com", "TRUSTED_PROXIES": "1"}
    found = notes(tmp_path, **environ)

    assert found["look"] == found["WRONG"] == []
    assert [line.partition(":")[0] for line in found["ok"]] == [
        "LIFECHECK_AUTH",
        *("LIFECHECK_INIT_URL", "clock", "LIFECHECK_RESULT_URL", "clock"),
        *("LIFECHECK_H5_URL", "PUBLIC_URL", "limits", "DEMO_ACCESS_CODE"),
    ]


def test_the_sandbox_has_nothing_wrong(tmp_path: Path) -> None:
    """Nobody is looked at, since nobody is called."""

    def look(*_args: object, **_options: object) -> Probe:
        pytest.fail("the network was used")

    found = notes(tmp_path, look)
    assert found["look"] == found["WRONG"] == []


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_without_an_address_is_told(tmp_path: Path, name: str) -> None:
    """Half of going live looks like success on the sandbox."""
    (line,) = notes(tmp_path, **{name: CREDENTIALS[name]})["look"]
    assert line.startswith("LIFECHECK_INIT_URL: a credential is set and no address")


@pytest.mark.parametrize(
    ("host", "auth", "right"),
    [
        ("jmx.market.alicloudapi.com", "tencent", "appcode or aliyun-signature"),
        ("ap-shanghai.cloudmarket-apigw.com", "tencent-legacy", "tencent"),
        ("service-x.sh.apigw.tencentcs.com", "tencent", "tencent-legacy"),
        ("service-x.gz.apigateway.myqcloud.com", "appcode", "tencent-legacy"),
        ("x.apistore.huaweicloud.com", "appcode", "huawei-appcode or huawei-signature"),
        ("x.api.bdymkt.com", "appcode", "baidu-appcode"),
        ("x.bdcloudapi.com", "jumdata", "baidu-appcode"),
        ("api.jumdata.com", "appcode", "jumdata"),
    ],
)
def test_an_address_of_another_market_is_told(
    tmp_path: Path, host: str, auth: str, right: str
) -> None:
    """With the LIFECHECK_AUTH that it takes; a fitting one is let be."""
    urls = {
        "LIFECHECK_INIT_URL": f"https://{host}/init",
        "LIFECHECK_RESULT_URL": f"https://{host}/result",
    }
    wrong = notes(tmp_path, **{**CREDENTIALS, **urls, "LIFECHECK_AUTH": auth})["WRONG"]
    assert len(wrong) == 2
    assert wrong[0].endswith(f"LIFECHECK_AUTH={auth}: set LIFECHECK_AUTH={right}.")
    for name in right.split(" or "):
        fits = notes(tmp_path, **{**CREDENTIALS, **urls, "LIFECHECK_AUTH": name})
        assert fits["WRONG"] == []


@pytest.mark.parametrize(
    ("environ", "level", "said"),
    [
        (
            {"LIFECHECK_RESULT_URL": "https://a.example/init"},
            "WRONG",
            "LIFECHECK_RESULT_URL: both addresses are the same",
        ),
        (
            {"LIFECHECK_INIT_URL": "https://a.example/"},
            "WRONG",
            "LIFECHECK_INIT_URL: a.example without a path",
        ),
        (
            {"LIFECHECK_INIT_URL": "https://a.example/i?AppCode=c0de-0123456789"},
            "look",
            "LIFECHECK_INIT_URL: the address at a.example has a query",
        ),
        ({}, "look", "PUBLIC_URL: not set"),
        (
            {"PUBLIC_URL": f"https://{'a' * 60}.{'b' * 60}.example"},
            "WRONG",
            "characters too long",
        ),
        ({"PUBLIC_URL": "http://demo.example.com"}, "look", "begins with http://"),
    ],
)
def test_what_is_shaped_wrongly_is_told(
    tmp_path: Path, environ: dict[str, str], level: str, said: str
) -> None:
    """Each in its own line."""
    lines = notes(tmp_path, **{**LIVE, **environ})[level]
    assert any(said in line for line in lines), lines


def test_a_public_url_is_counted_with_the_way_back(tmp_path: Path) -> None:
    """The vendor takes 128 characters and not one more."""
    rest = len("https:///return/0123456789abcdef")
    host = "a" * 60 + "." + "b" * (128 - rest - 61)
    fits = notes(tmp_path, **LIVE, PUBLIC_URL=f"https://{host}")
    over = notes(tmp_path, **LIVE, PUBLIC_URL=f"https://{host}b")

    assert fits["WRONG"] == []
    assert over["WRONG"][0].startswith("PUBLIC_URL: 1 characters too long")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble.NAME, "a.example has no address"),
        (Trouble.CONNECTION, "a.example does not answer"),
        (Trouble.CERTIFICATE, "the certificate of a.example is not accepted"),
        (Trouble.TLS, "a.example speaks no TLS"),
        (Trouble.HTTP, "a.example speaks no HTTP"),
    ],
)
def test_a_host_that_cannot_be_spoken_to_is_told(
    tmp_path: Path, trouble: Trouble, said: str
) -> None:
    """How far the way led, and what to do."""

    def look(origin: str, *, path: str = "") -> Probe:
        return Probe(trouble) if origin == "https://a.example" else healthy(origin)

    wrong = notes(tmp_path, look, **LIVE)["WRONG"]
    assert len(wrong) == 1
    assert wrong[0].startswith(f"LIFECHECK_INIT_URL: {said}")


@pytest.mark.parametrize(
    ("off", "auth", "level"),
    [
        (30, "tencent", "ok"),
        (-90, "tencent", "look"),
        (90, "tencent", "look"),
        (901, "tencent", "WRONG"),
        (-901, "jumdata", "WRONG"),
        (901, "appcode", "look"),
    ],
)
def test_a_clock_that_is_off_is_told(
    tmp_path: Path, off: int, auth: str, level: str
) -> None:
    """Signatures count for fifteen minutes; an AppCode knows no time."""

    def look(origin: str, *, path: str = "") -> Probe:
        return Probe(status=200, date=NOW + off)

    environ = {**LIVE, **CREDENTIALS, "LIFECHECK_AUTH": auth}
    lines = [line for line in notes(tmp_path, look, **environ)[level] if "clock:" in line]
    assert len(lines) == 2
    if level != "ok":
        way = "behind" if off > 0 else "ahead of"
        assert f"{abs(off)} s {way} https://a.example: set this server's clock" in lines[0]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"status": "ok"}'])
def test_a_public_url_that_leads_elsewhere_is_told(tmp_path: Path, body: bytes) -> None:
    """Only this demo's own health page counts."""

    def look(origin: str, *, path: str = "") -> Probe:
        return Probe(status=404, date=NOW, body=body if path == "/healthz" else b"")

    wrong = notes(tmp_path, look, **LIVE, PUBLIC_URL="https://demo.example.com")["WRONG"]
    assert len(wrong) == 1
    assert "something else answers (HTTP 404)" in wrong[0]


PUBLIC = {"PUBLIC_URL": "https://demo.example.com"}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        (PUBLIC, "(LIMIT_PER_ADDRESS)"),
        (
            {**PUBLIC, "DEMO_ACCESS_CODE": "open sesame"},
            "(LIMIT_PER_ADDRESS and DEMO_ACCESS_CODE)",
        ),
        (
            {**PUBLIC, "DEMO_ACCESS_CODE": "open sesame", "LIMIT_PER_ADDRESS": "off"},
            "(DEMO_ACCESS_CODE)",
        ),
        ({**PUBLIC, "LIMIT_PER_ADDRESS": "0"}, ""),
        ({**PUBLIC, "TRUSTED_PROXIES": "1"}, ""),
        ({"PUBLIC_URL": "http://127.0.0.1:8000"}, ""),
        ({}, ""),
    ],
)
def test_one_limit_for_everybody_is_told(
    tmp_path: Path, environ: dict[str, str], named: str
) -> None:
    """Behind a proxy that is not known of, all visitors have its address."""
    lines = notes(tmp_path, **LIVE, **environ)["look"]
    found = [line for line in lines if line.startswith("TRUSTED_PROXIES: 0")]

    assert len(found) == bool(named)
    assert all(named in line for line in found)


def test_a_public_demo_without_a_bound_is_told(tmp_path: Path) -> None:
    """Of either kind: one is enough."""
    off = {"LIMIT_PER_HOUR": "off", "LIMIT_PER_DAY": "off", "TRUSTED_PROXIES": "1"}
    (line,) = notes(tmp_path, **LIVE, **PUBLIC, **off)["look"]

    assert line.startswith("LIMIT_PER_DAY: off")
    for name in ("LIMIT_PER_HOUR", "LIMIT_PER_DAY"):
        bounded = notes(tmp_path, **LIVE, **PUBLIC, **{**off, name: "5"})
        assert bounded["look"] == []
        assert any(f"{name}=5" in line for line in bounded["ok"])
    sandbox = {**PUBLIC, "LIMIT_PER_DAY": "off"}
    assert notes(tmp_path, **sandbox)["look"] == []


# The command.


def app_of(vendor: Vendor, tmp_path: Path, **more: str) -> Flask:
    """The demo with a scripted vendor."""
    environ = {
        **LIVE,
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_H5_URL": f"{vendor.address}/h5",
        **more,
    }
    return create_app(Settings.from_environment(environ), sleep=no_pause)


def run(app: Flask, *words: str) -> Result:
    """What the command prints and ends with."""
    return app.test_cli_runner().invoke(args=["doctor", *words])


def test_nothing_is_spent_unless_asked(vendor: Vendor, tmp_path: Path) -> None:
    """A look is no call of the API; the hint says how to make one."""
    done = run(app_of(vendor, tmp_path))

    assert done.exit_code == 0, done.output
    assert "add --spend-one-call" in done.output
    assert "clock: agrees with" in done.output
    assert vendor.calls("init") == vendor.calls("result") == 0
    assert all(not headers.get("Authorization") for _, _, headers in vendor.asked)


def test_one_call_is_spent_when_asked(vendor: Vendor, tmp_path: Path) -> None:
    """Its token is not printed."""
    done = run(app_of(vendor, tmp_path), "--spend-one-call")

    assert (done.exit_code, vendor.calls("init"), vendor.calls("result")) == (0, 1, 0)
    assert "ok     real call: init brought a token." in done.output
    assert "T-0123456789" not in done.output


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Response('{"message": "HMAC signature does not match"}', 403),
            "The signature was not accepted (403 HMAC signature does not match). Look at "
            "LIFECHECK_SECRET",
        ),
        (envelope(400), "Our request was refused (400 msg of 400)."),
        (envelope(500), "The service is in trouble (500 msg of 500)."),
    ],
)
def test_a_call_that_fails_is_told_with_its_setting(
    vendor: Vendor, tmp_path: Path, answer: Response, said: str
) -> None:
    """The same words as on the page, in one line; one call, whatever it was."""
    vendor.init = answer
    done = run(app_of(vendor, tmp_path), "--spend-one-call")
    lines = [line for line in done.output.splitlines() if "real call" in line]

    assert (done.exit_code, vendor.calls("init")) == (1, 1)
    assert len(lines) == 1
    assert lines[0].startswith(f"WRONG  real call: {said}")
    assert not any(secret in done.output for secret in CREDENTIALS.values())


def test_the_sandbox_can_be_examined_with_a_call(app: Flask) -> None:
    """In this process, at no cost."""
    done = run(app, "--spend-one-call")

    assert done.exit_code == 0
    assert "init brought a token" in done.output


@pytest.mark.parametrize(("auth", "code"), [("tencent", 1), ("none", 0)])
def test_the_command_ends_as_it_found(tmp_path: Path, auth: str, code: int) -> None:
    """Typed into a shell: a setting that is wrong in itself is one line too."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"],
        cwd=ROOT,
        env={
            "LIFECHECK_INSTANCE": str(tmp_path),
            "LIFECHECK_AUTH": auth,
            **({"LIFECHECK_INIT_URL": "https://a.example/"} if code else {}),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code
    if code:
        assert done.stderr.startswith("Error: LIFECHECK_RESULT_URL is missing")
        assert len(done.stderr.splitlines()) == 1


# The look itself.


@pytest.mark.parametrize(
    ("behaviour", "trouble"),
    [
        (hostile.hang, Trouble.CONNECTION),
        (hostile.reset, Trouble.CONNECTION),
        (hostile.not_http, Trouble.HTTP),
    ],
)
def test_a_look_ends_however_the_host_behaves(
    behaviour: hostile.Behaviour, trouble: Trouble
) -> None:
    """With the trouble in one word."""
    with hostile.serving(behaviour) as server:
        assert probe(server.url, seconds=0.3).trouble is trouble


def test_a_look_tells_the_hosts_time() -> None:
    """By HEAD on the root, without any credential; by GET where a page is wanted."""
    date = b"Date: Mon, 19 Mar 2018 12:08:40 GMT\r\n"
    with hostile.serving(hostile.answer(b"x" * 9000, "404 Not Found", date)) as server:
        head = probe(server.url)
        page = probe(server.url, path="/healthz")

    assert (head.trouble, head.status, head.date) == (Trouble.NONE, 404, 1521461320.0)
    assert (len(page.body), head.body) == (4096, b"")
    assert server.requests[0].startswith(b"HEAD / ")
    assert server.requests[1].startswith(b"GET /healthz ")
    assert b"authorization" not in server.requests[0].lower()


def test_a_name_a_port_and_a_protocol_can_be_wrong(vendor: Vendor) -> None:
    """Each is told apart."""
    with hostile.serving(hostile.hang_up) as server:
        pass

    assert probe(vendor.address.replace("http:", "https:")).trouble is Trouble.TLS
    assert probe(server.url).trouble is Trouble.CONNECTION
    assert probe("https://no-such-host.invalid").trouble is Trouble.NAME


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate")
def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """A proxy in between shows its own, and so does a wrong address: it gets no call."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make.split(), *files], check=True, capture_output=True)
    with running(tls=(str(certificate), str(key))) as vendor:
        client = LifecheckClient(vendor.address, vendor.address, auth=NoAuth())
        with pytest.raises(Unreachable, match="SSLError"):
            client.start(InitRequest("https://a.example/r"), once=True)
        client.close()
        assert probe(vendor.address).trouble is Trouble.CERTIFICATE
    assert vendor.asked == []


def test_a_call_can_be_made_once_only() -> None:
    """For whoever counts what it costs."""
    with hostile.serving(hostile.answer("", "503 Unavailable")) as server:
        client = LifecheckClient(server.url, server.url, auth=NoAuth())
        with pytest.raises(Unintelligible):
            client.start(InitRequest("https://a.example/r"), once=True)
        client.close()
    assert len(server.requests) == 1


# The page.


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_says_the_same_and_spends_nothing(
    vendor: Vendor, tmp_path: Path, language: str
) -> None:
    """In the language of whoever looks; the button alone makes a call."""
    app = app_of(vendor, tmp_path)
    visitor = Visitor(app.test_client(), language=language)
    page = visitor.get("/doctor")

    assert page.status_code == 200
    assert ("clock" if language == "en" else "时钟") in page.text
    assert page.text.count("data-note=") == run(app).output.count("\n") - 1
    assert vendor.calls("init") == 0
    assert not any(secret in page.text for secret in CREDENTIALS.values())

    token = {"csrf_token": hidden(page.text, "csrf_token")}
    assert visitor.post("/doctor", {}).status_code == 400
    assert vendor.calls("init") == 0
    spent = visitor.post("/doctor", token).text
    assert vendor.calls("init") == 1
    assert ("init brought a token" if language == "en" else "得到了 token") in spent
    assert "T-0123456789" not in spent


@pytest.mark.parametrize(
    "sent",
    [
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"base_url": "http://demo.example.com"},
        {"base_url": "http://rebound.example:8000"},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Forwarded": "for=192.0.2.7"}},
        {"headers": {"X-Real-IP": "192.0.2.7"}},
    ],
)
def test_the_page_is_for_this_computer_alone(
    vendor: Vendor, tmp_path: Path, sent: dict[str, Any]
) -> None:
    """Neither another's address, nor another's name, nor a proxy in between."""
    client = app_of(vendor, tmp_path).test_client()

    assert client.get("/doctor").status_code == 200
    assert client.get("/doctor", **sent).status_code == 404
    assert client.get("/doctor", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


def test_behind_a_public_address_there_is_no_such_page(
    vendor: Vendor, tmp_path: Path
) -> None:
    """A proxy that says nothing of itself makes everybody look near."""
    more = {"PUBLIC_URL": "https://demo.example.com", "SECRET_KEY": "k" * 32}

    assert app_of(vendor, tmp_path, **more).test_client().get("/doctor").status_code == 404


def test_a_set_up_problem_leads_to_it(vendor: Vendor, tmp_path: Path) -> None:
    """From the page that names the problem; elsewhere it is not spoken of."""
    vendor.init = Response("", 404)
    client = app_of(vendor, tmp_path).test_client()
    visitor = Visitor(client)
    form = {"csrf_token": visitor.csrf(), "actions": "LookFront"}
    told = visitor.get(visitor.post("/", form).headers["Location"])

    assert outcome_of(told) == "set-up-problem"
    assert 'href="/doctor"' in told.text
    assert 'href="/doctor"' not in visitor.get("/").text
