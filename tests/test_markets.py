"""Settings of every market, what the form and the wire show of them, and their bad days."""

import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Response

from lifecheck_demo import create_app
from lifecheck_demo.addresses import Addresses
from lifecheck_demo.client import GatewayKind, GatewayRefused, StartedCheck
from lifecheck_demo.client.models import Answer
from lifecheck_demo.outcomes import Outcome, finding_of_failure, words_for
from lifecheck_demo.settings import MARKETS, Settings, SettingsError
from lifecheck_demo.snippets import LANGUAGES
from tests.conftest import Clock, Visitor, no_pause, outcome_of, token_of
from tests.test_journey import return_address
from tests.vendor import Vendor, envelope

CODE, KEY, SECRET = "c0de-0123456789", "key-0123456789", "s3cret-0123456789"
CREDENTIALS = {
    "LIFECHECK_APPCODE": CODE,
    "LIFECHECK_KEY": KEY,
    "LIFECHECK_SECRET": SECRET,
}
LIVE = {
    "LIFECHECK_INIT_URL": "https://a.example/init",
    "LIFECHECK_RESULT_URL": "https://a.example/result",
}

MakeLive = Callable[..., Visitor]


@pytest.fixture(name="on_market")
def _on_market(tmp_path: Path, clock: Clock, vendor: Vendor) -> MakeLive:
    """Makes the demo of a market, with the scripted vendor behind it."""

    def make(auth: str, **more: str) -> Visitor:
        environ = {
            "LIFECHECK_INSTANCE": str(tmp_path),
            "LIFECHECK_INIT_URL": f"{vendor.address}/init",
            "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
            "LIFECHECK_H5_URL": f"{vendor.address}/h5",
            "LIFECHECK_AUTH": auth,
            **{name: CREDENTIALS[name] for name in MARKETS[auth].credentials},
            **more,
        }
        settings = Settings.from_environment(environ)
        return Visitor(create_app(settings, clock=clock, sleep=no_pause).test_client())

    return make


def complaint(tmp_path: Path, **environ: str) -> str:
    """What a wrong setting is told."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"LIFECHECK_INSTANCE": str(tmp_path), **environ})
    return str(caught.value)


# Settings.


@pytest.mark.parametrize("auth", [name for name in MARKETS if MARKETS[name].credentials])
def test_a_missing_credential_is_named_with_where_it_stands(
    tmp_path: Path, auth: str
) -> None:
    """The setting, what the console calls it, and which console."""
    market = MARKETS[auth]
    for missing, called in market.credentials.items():
        given = {n: CREDENTIALS[n] for n in market.credentials if n != missing}
        said = complaint(tmp_path, LIFECHECK_AUTH=auth, **LIVE, **given)

        assert said.startswith(f"{missing} is missing, which LIFECHECK_AUTH={auth} ")
        assert f"copy the {called} from {market.console}" in said
        assert "LIFECHECK_AUTH=none" in said
        assert not any(value in said for value in CREDENTIALS.values())


@pytest.mark.parametrize("auth", MARKETS)
def test_a_market_starts_with_its_credentials_alone(tmp_path: Path, auth: str) -> None:
    """And the sandbox without any."""
    own = {name: CREDENTIALS[name] for name in MARKETS[auth].credentials}
    base = {"LIFECHECK_INSTANCE": str(tmp_path), "LIFECHECK_AUTH": auth}
    live = Settings.from_environment({**base, **LIVE, **own})
    sandbox = Settings.from_environment(base)

    assert (live.auth, live.sandboxed, sandbox.sandboxed) == (auth, False, True)
    assert {live.appcode, live.key, live.secret} - {""} == set(own.values())
    assert not any(value in repr(live) for value in CREDENTIALS.values())


def test_a_key_pair_without_its_market_is_told_the_markets(tmp_path: Path) -> None:
    """The usual market is another one's; so is an AppCode's."""
    pair = {"LIFECHECK_KEY": KEY, "LIFECHECK_SECRET": SECRET}
    assert (
        "or set LIFECHECK_AUTH to the market of LIFECHECK_KEY and LIFECHECK_SECRET: "
        in (said := complaint(tmp_path, **LIVE, **pair))
    )
    assert "tencent" in said
    said = complaint(tmp_path, **LIVE, LIFECHECK_AUTH="tencent", LIFECHECK_APPCODE=CODE)
    assert "one of appcode, huawei-appcode, baidu-appcode" in said


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f'"{CODE}"', "stands in quotes"),
        (f"'{CODE}", "stands in quotes"),
        (f"“{CODE}”", "stands in quotes"),
        (f"APPCODE {CODE}", "begins with a piece of a header"),
        (f"appcode {CODE}", "begins with a piece of a header"),
        (f"Authorization: APPCODE {CODE}", "begins with a piece of a header"),
        (f"AppCode/{CODE}", "begins with a piece of a header"),
        (f"X-Apig-AppCode: {CODE}", "begins with a piece of a header"),
        (f"Bearer {CODE}", "begins with a piece of a header"),
        (f"{CODE[:5]} {CODE[5:]}", "holds a space or a line break"),
        (f"{CODE}\n{CODE}", "holds a space or a line break"),
        (f"{CODE}\u3000{CODE}", "holds a space or a line break"),
        (f"{CODE}密", "holds a character that no credential has"),
        (f"{CODE}\u200b", "holds a character that no credential has"),
        (f"{CODE}\x07", "holds a character that no credential has"),
        ("…", "the placeholder of an example"),
        ("xxx", "is still a placeholder"),
        ("<AppCode>", "is still a placeholder"),
        ("your-secret-key", "is still a placeholder"),
        ("${key}", "is still a placeholder"),
    ],
)
def test_a_credential_that_was_pasted_wrongly_is_told_how(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    """On the sandbox too, before anybody goes live with it; its value is not repeated."""
    told = complaint(tmp_path, **{name: value})

    assert told.startswith(name)
    assert said in told
    assert CODE not in told


def test_a_value_that_only_looks_odd_is_kept(tmp_path: Path) -> None:
    """Secrets are Base64 as often as not."""
    odd = "a+/b==_-.~c0de"
    settings = Settings.from_environment(
        {"LIFECHECK_INSTANCE": str(tmp_path), "LIFECHECK_SECRET": f"  {odd}\n"}
    )
    assert settings.secret == odd


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"LIFECHECK_AUTH": "alibaba"}, "set it to one of appcode, aliyun-signature"),
        ({"LIFECHECK_PARAMS": "body"}, "set it to form"),
        ({"LIFECHECK_H5_HOSTS": "https://h5.example.com"}, "write names alone"),
        ({"LIFECHECK_H5_HOSTS": "h5.example.com:8443"}, "write names alone"),
        ({"LIFECHECK_H5_HOSTS": "h5.example.com;x"}, "write names alone"),
    ],
)
def test_other_wrong_settings_say_what_to_type(
    tmp_path: Path, environ: dict[str, str], said: str
) -> None:
    """Each with the values that there are."""
    assert said in complaint(tmp_path, **environ)


def test_hosts_are_read_from_a_list(tmp_path: Path) -> None:
    """However it is spaced, in small letters."""
    hosts = " H5.example.com ,, m.example.com,"
    settings = Settings.from_environment(
        {"LIFECHECK_INSTANCE": str(tmp_path), "LIFECHECK_H5_HOSTS": hosts}
    )
    assert settings.h5_hosts == ("h5.example.com", "m.example.com")


# What the form and the wire show.

HEADER = {
    "appcode": "Authorization: APPCODE ••••••",
    "huawei-appcode": "X-Apig-AppCode: ••••••",
    "baidu-appcode": "X-Bce-Signature: AppCode/••••••",
    "aliyun-signature": "X-Ca-Key: ••••••",
    "tencent": 'Authorization: {"id":"••••••","x-date":"',
    "tencent-legacy": 'Authorization: hmac id="••••••", algorithm="hmac-sha1"',
    "huawei-signature": "Authorization: SDK-HMAC-SHA256 Access=••••••, SignedHeaders=",
}


@pytest.mark.parametrize("params", ["form", "query"])
@pytest.mark.parametrize("auth", MARKETS)
def test_the_form_shows_what_will_be_sent(
    on_market: MakeLive, vendor: Vendor, auth: str, params: str
) -> None:
    """And what is sent then is that: the same headers, the parameters at that place."""
    visitor = on_market(auth, LIFECHECK_PARAMS=params)
    page = unescape(visitor.get("/?actions=NodHead").text)
    shown = re.search(r'<dl class="wire">(.*?)</dl>', page, re.DOTALL)
    assert shown
    said = re.sub(r"<[^>]*>", "", shown.group(1))

    assert ("No credential is sent." in said) is (auth == "none")
    assert HEADER.get(auth, "") in said
    assert ("Query of the address" in said) is (params == "query")
    assert ("appId=••••••" in said) is (auth == "jumdata")
    assert not any(value in page for value in CREDENTIALS.values())

    visitor.start(actions="NodHead")
    _, fields, headers = vendor.asked[-1]
    if params == "query":
        assert fields == {}
    else:
        assert fields["actions"] == ["NodHead"]
        assert ("sign" in fields) is (auth == "jumdata")
    names = set(re.findall(r'data-header="([^"]+)"', page))
    assert {name.title() for name in names} == {name.title() for name in headers} - {
        *("User-Agent", "Accept-Encoding", "Connection"),
        *({"Host"} if auth != "huawei-signature" else ()),
    }


@pytest.mark.parametrize("auth", MARKETS)
def test_the_wire_shows_no_credential(
    on_market: MakeLive, vendor: Vendor, auth: str, tmp_path: Path
) -> None:
    """Neither on the result page nor in the state file."""
    visitor = on_market(auth, LIFECHECK_PARAMS="query")
    vendor.result = envelope(202)
    visitor.start()
    page = unescape(visitor.come_back(return_address(visitor)).text)
    state = (tmp_path / "state.sqlite").read_bytes()
    state += (tmp_path / "state.sqlite-wal").read_bytes()

    assert HEADER.get(auth, "") in page.replace("<b>", "").replace("</b>", "")
    assert "in the query of the address" in page
    for value in CREDENTIALS.values():
        assert value not in page
        assert value.encode() not in state


@pytest.mark.parametrize("auth", MARKETS)
def test_the_code_names_the_markets_credential_and_never_holds_it(
    on_market: MakeLive, auth: str
) -> None:
    """The variables of this market alone, in every language; parameters at their place."""
    own = set(MARKETS[auth].credentials)
    form, query = on_market(auth), on_market(auth, LIFECHECK_PARAMS="query")
    for language in LANGUAGES:
        page = form.get(f"/?code={language}").text
        code = page[page.index('id="code"') :]
        assert {name for name in CREDENTIALS if name in code} == own
        assert not any(value in page for value in CREDENTIALS.values())
    assert "data=" in form.get("/?code=python").text
    assert "params=" in query.get("/?code=python").text
    assert ("No credential is sent." in code) is (not own)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("params", ["form", "query"])
@pytest.mark.parametrize("auth", MARKETS)
def test_the_command_repeats_a_call_or_there_is_none(
    on_market: MakeLive, vendor: Vendor, auth: str, params: str
) -> None:
    """A signature would be out of date before anybody has typed it."""
    seen: list[dict[str, Any]] = []
    visitor = on_market(auth, LIFECHECK_PARAMS=params)
    token = token_of(visitor.start(actions="LookFront,NodHead"))
    page = visitor.come_back(return_address(visitor)).text
    commands = [unescape(c) for c in re.findall(r'data-copy="(curl [^"]+)"', page)]
    said = list(zip(vendor.asked, vendor.queries, strict=True))
    for command in commands:
        subprocess.run(
            command,
            shell=True,
            check=True,
            env={"PATH": "/usr/bin:/bin", "APPCODE": CODE, "TOKEN": token},
            stdout=subprocess.PIPE,
        )
    repeated = list(zip(vendor.asked, vendor.queries, strict=True))[len(said) :]

    assert len(commands) == (2 if auth == "none" or auth.endswith("appcode") else 0)
    for ((name, form, headers), query), ((name2, form2, headers2), query2) in zip(
        said if commands else [], repeated, strict=True
    ):
        assert (name, form, query) == (name2, form2, query2)
        for header in ("Authorization", "X-Apig-Appcode", "X-Bce-Signature", "Accept"):
            assert headers.get(header) == headers2.get(header)
        if params == "query":
            # Without it some servers refuse a POST.
            assert headers2.get("Content-Length") == "0"
        seen.append(headers2)
    assert len(seen) == len(commands)


def test_each_attempt_is_a_row_of_its_own(on_market: MakeLive, vendor: Vendor) -> None:
    """With its number, and the same in the file of evidence; asked for by one visit."""
    visitor = on_market("tencent")
    bad = Response("<html>", 502)
    answers = [bad, bad, envelope(202)]
    vendor.script = lambda: answers.pop(0)
    visitor.start()
    page = visitor.come_back(return_address(visitor))
    said = visitor.get(f"{page.request.path}/evidence.json").get_json()

    assert outcome_of(page) == "not-passed"
    assert re.findall(r'data-message="([^"]+)"', page.text) == [
        *("start", "init", "camera", "back"),
        *("result", "result", "result"),
    ]
    assert re.findall(r'data-attempt="(\d)"', page.text) == ["2", "3"]
    attempts = [(m["attempt"], m["status"]) for m in said["messages"][-3:]]
    assert attempts == [(1, 502), (2, 502), (3, 200)]
    assert vendor.calls("init") == 1
    assert vendor.calls("result") == 3


@pytest.mark.parametrize("answer", [envelope(500), envelope(609), Response("", 503)])
def test_a_return_asks_three_times_at_most(
    on_market: MakeLive, vendor: Vendor, answer: Response
) -> None:
    """One query for a return, and the capped attempts at it; a reload of the page none."""
    visitor = on_market("appcode")
    vendor.result = answer
    visitor.start()
    page = visitor.come_back(return_address(visitor))
    visitor.get(page.request.path)

    assert vendor.calls("result") == 3
    assert outcome_of(page) in {"service-trouble", "too-many-calls"}


@pytest.mark.parametrize("code", [200, 202, 203, 301, 400, 604, 999])
def test_a_return_asks_once_for_what_is_an_answer(
    on_market: MakeLive, vendor: Vendor, code: int
) -> None:
    """Nothing is bought twice."""
    visitor = on_market("appcode")
    vendor.result = envelope(code)
    visitor.start()
    visitor.come_back(return_address(visitor))

    assert vendor.calls("result") == 1


def test_a_start_asks_twice_at_most(on_market: MakeLive, vendor: Vendor) -> None:
    """A spare token at worst; a refusal is asked once."""
    visitor = on_market("appcode")
    for answer, calls in ((envelope(500), 2), (envelope(400), 1)):
        vendor.init = answer
        before = vendor.calls("init")
        visitor.come_back_from_button("/", {"csrf_token": visitor.csrf()})
        assert vendor.calls("init") - before == calls


# Set-up problems.

SETTINGS_OF = {
    auth: [n for n in ("LIFECHECK_APPCODE", "LIFECHECK_KEY") if n in market.credentials]
    for auth, market in MARKETS.items()
    if market.credentials
}
KINDS = [
    *("bad-key", "bad-signature", "not-bought", "used-up", "expired", "arrears"),
    *("frozen", "clock-skew", "wrong-url", "wrong-parameters"),
]


def advice_on(kind: str, auth: str) -> tuple[str, str]:
    """The title and the advice of a refusal, in English."""
    error = GatewayRefused(GatewayKind(kind), code="", message="", http_status=403)
    error.scheme = auth
    finding = finding_of_failure(error, "R")
    assert finding.outcome is Outcome.SET_UP_PROBLEM
    words = words_for(finding)
    return str(words.title), "\n".join(map(str, words.advice))


@pytest.mark.parametrize("auth", SETTINGS_OF)
@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_names_what_to_look_at(app: Any, kind: str, auth: str) -> None:
    """Every kind for every market; never the setting of another one."""
    with app.test_request_context():
        title, advice = advice_on(kind, auth)
        titles = {advice_on(k, auth)[0] for k in KINDS}

    assert len(titles) == len(KINDS)
    assert advice
    own = SETTINGS_OF[auth][0]
    other = "LIFECHECK_KEY" if own == "LIFECHECK_APPCODE" else "LIFECHECK_APPCODE"
    assert other not in advice
    if kind in {"bad-key", "not-bought", "frozen"}:
        assert own in advice
        assert all(n in advice for n in MARKETS[auth].credentials.values())
    expected = {
        "bad-key": f"it is {auth}",
        "bad-signature": own if own == "LIFECHECK_APPCODE" else "LIFECHECK_SECRET",
        "not-bought": "LIFECHECK_INIT_URL",
        "used-up": "no setting needs changing",
        "expired": "no setting needs changing",
        "arrears": "Settle the account",
        "frozen": "frozen",
        "clock-skew": "NTP",
        "wrong-url": "LIFECHECK_RESULT_URL",
        "wrong-parameters": "LIFECHECK_PARAMS",
    }
    assert expected[kind] in advice
    assert "%(" not in advice + title


def test_advice_is_the_markets_own(app: Any) -> None:
    """Simple authentication is Huawei's, two gateways are Tencent's."""
    with app.test_request_context():
        assert "huawei-signature" in advice_on("bad-key", "huawei-appcode")[1]
        assert "simple authentication" not in advice_on("bad-key", "baidu-appcode")[1]
        assert "cloudmarket-apigw.com" in advice_on("bad-signature", "tencent")[1]
        assert "cloudmarket" not in advice_on("bad-signature", "huawei-signature")[1]
        assert "A proxy" in advice_on("bad-signature", "aliyun-signature")[1]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(
    ("auth", "answer", "setting"),
    [
        (
            "tencent-legacy",
            Response('{"message": "HMAC signature does not match"}', 403),
            "LIFECHECK_SECRET",
        ),
        (
            "huawei-appcode",
            Response('{"error_code": "APIG.0303", "error_msg": "Incorrect app"}', 401),
            "LIFECHECK_APPCODE",
        ),
        (
            "baidu-appcode",
            Response('{"code": "SignatureAppInvalid", "message": "x"}', 400),
            "LIFECHECK_APPCODE",
        ),
        (
            "aliyun-signature",
            Response("", 403, {"X-Ca-Error-Code": "I403AA"}),
            "LIFECHECK_KEY, LIFECHECK_SECRET",
        ),
    ],
)
def test_a_refusal_is_a_page_that_names_the_setting(
    on_market: MakeLive,
    vendor: Vendor,
    auth: str,
    answer: Response,
    setting: str,
    language: str,
) -> None:
    """From the gateway's words to the operator's, through the real client."""
    vendor.init = answer
    visitor = on_market(auth)
    csrf = visitor.csrf()
    visitor.language = language
    page = visitor.come_back_from_button("/", {"csrf_token": csrf})

    assert outcome_of(page) == "set-up-problem"
    assert setting in page.text
    assert (f"请检查 {setting}" in page.text or "请用 " in page.text) == (language != "en")
    assert "%(" not in page.text


# Version 2.1: the vendor names the camera page.


def named_page(
    page_url: str, tmp_path: Path, *, h5_url: str = "https://h5.example/index", **more: str
) -> str:
    """The page that a check is led to when init has named *page_url*."""
    settings = Settings.from_environment(
        {"LIFECHECK_INSTANCE": str(tmp_path), "LIFECHECK_AUTH": "none", **LIVE, **more}
    )
    started = StartedCheck("T-1", Answer(200), page_url)
    return Addresses(settings, h5_url).page_of(started)


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("", ""),
        ("https://h5.example/index", ""),
        ("https://h5.example/index?token=T-1", ""),
        ("https://h5.example/v2-1/index", "https://h5.example/v2-1/index"),
        ("https://h5.example/v2-1?token=T-1&a=b", "https://h5.example/v2-1?a=b"),
        ("https://h5.example:443/v2-1#x", "https://h5.example:443/v2-1"),
        ("https://m.example/x", "https://m.example/x"),
    ],
)
def test_a_page_on_a_known_host_is_used(named: str, kept: str, tmp_path: Path) -> None:
    """Without its token, which is added again; the configured page itself needs no word."""
    assert named_page(named, tmp_path, LIFECHECK_H5_HOSTS="m.example") == kept


@pytest.mark.parametrize(
    "named",
    [
        "http://h5.example/index2",
        "https://evil.example/index",
        "https://sub.h5.example/index",
        "https://h5.example.evil.example/",
        "https://h5.example@evil.example/",
        "https://user@h5.example/x",
        "https://h5.example:8443/x",
        "https://m.example:8443/x",
        "http://127.0.0.1/x",
        "http://m.example/x",
        "https://h5.example/x?token=OTHER",
        "https://h5.example/x?token=T-1&token=OTHER",
    ],
)
def test_a_page_elsewhere_is_ignored_with_a_word(
    named: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer must not lead a face just anywhere; the configured page serves."""
    assert named_page(named, tmp_path, LIFECHECK_H5_HOSTS="m.example") == ""
    assert "LIFECHECK_H5_HOSTS" in caplog.text
    assert "T-1" not in caplog.text


@pytest.mark.parametrize(
    ("h5_url", "named", "used"),
    [
        ("http://127.0.0.1:9000/h5", "http://localhost:9000/x", True),
        ("http://127.0.0.1:9000/h5", "http://127.0.0.1:9000/x", True),
        ("http://127.0.0.1:9000/h5", "http://box/x", False),
        ("http://box:9000/h5", "http://box:9000/x", False),
        ("https://h5.example/h5", "http://localhost:9000/x", False),
    ],
)
def test_plain_http_is_for_this_computer(
    h5_url: str, named: str, used: bool, tmp_path: Path
) -> None:
    """Only where the configured page is here as well."""
    assert named_page(named, tmp_path, h5_url=h5_url) == (named if used else "")


def test_a_check_of_version_2_1_goes_its_way(on_market: MakeLive, vendor: Vendor) -> None:
    """Init names the page, the way back brings the token alone, a phone is led there."""
    page = f"{vendor.address}/v2-1/index"
    token = "T-0123456789-0123456789"
    vendor.init = envelope(200, {"token": token, "url": f"{page}?token={token}"})
    vendor.result = envelope(202)
    visitor = on_market("appcode")
    camera = visitor.start()
    back = return_address(visitor)
    code = visitor.get(back.replace("/return/", "/check/") + "/phone")
    address = re.search(r'<p class="wire-line">([^<]+)</p>', code.text)
    assert address
    phone = Visitor(visitor.client.application.test_client())
    key = address.group(1).partition("/phone/")[2]
    csrf = re.search(r'name="csrf_token" value="([^"]*)"', phone.get(f"/phone/{key}").text)
    assert csrf
    led = phone.post(f"/phone/{key}", {"csrf_token": csrf.group(1)})
    result = visitor.come_back(f"{back}?token={token}")

    assert camera == f"{page}?token={token}"
    assert led.headers["Location"] == camera
    assert outcome_of(result) == "not-passed"
    assert f"{page}?token=T-01…89" in result.text
    assert token not in result.text


def test_the_browser_may_be_sent_to_further_hosts(on_market: MakeLive) -> None:
    """It holds the redirect after a form against form-action as well."""
    visitor = on_market("none", LIFECHECK_H5_HOSTS="h5.example.com,m.example.com")
    policy = visitor.get("/").headers["Content-Security-Policy"]

    assert re.search(
        r"form-action 'self' http://127.0.0.1:\d+ https://h5.example.com "
        r"https://m.example.com;",
        policy,
    )
