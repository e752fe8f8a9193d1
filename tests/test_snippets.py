"""The code that the form shows: run, as somebody runs it who has copied it."""

import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from werkzeug.wrappers import Response

from lifecheck_demo.sandbox.testing import RunningSandbox, running_sandbox
from lifecheck_demo.settings import MARKETS
from lifecheck_demo.snippets import LANGUAGES, RETURN_URL, SIGNED, Service, programs
from tests import verify
from tests.conftest import Visitor
from tests.vendor import Vendor, envelope

KEY = verify.CODE
PHOTO = "https://img.example/face.jpg"
SILENT = {"returnUrl": RETURN_URL}
ACTIVE = {**SILENT, "colors": "#FFFFFF,#000000", "actions": "LookFront,NodHead"}
IN_APP = {"returnUrl": "/pages/lifecheck/result?from=检测", "actions": "BlinkEye"}
ODD = {
    "returnUrl": """https://a.example/'"\\$HOME`id`%41&b=c+d${x}#{y}%s\\u000a?q""",
    "colors": "回来，\n\t\u202e😀\x7f\u2028</pre>",
    "actions": "*/ ?> {{ x }} //'''\"\"\"@file\\",
}
EVERY = ((SILENT, "none"), (ACTIVE, "none"), (IN_APP, "none"), (ODD, "appcode"))
# Java takes seconds to start: the oddest form is enough to see it quote.
FORMS = {"java": EVERY[-1:]}


def plain(sentence: str, **values: object) -> str:
    """English, as gettext gives it."""
    return sentence % values if values else sentence


def needed(language: str) -> None:
    """Leave the test where the language does not run."""
    if language != "python" and not shutil.which(language):
        pytest.skip(f"{language} is not on this machine")


def write(
    folder: Path,
    language: str,
    service: Service,
    parameters: Mapping[str, str] = SILENT,
    handler_url: str = RETURN_URL,
) -> dict[str, Path]:
    """The programs as files, each under its part."""
    written = {}
    found = programs(
        LANGUAGES[language], service, parameters, say=plain, handler_url=handler_url
    )
    for program in found:
        if program.text:
            written[program.part] = folder / program.file
            written[program.part].write_text(program.text)
    return written


def command_of(file: Path, *words: str) -> list[str]:
    """What the program's own heading says to type."""
    found = re.search(r"Run it with: (.*)", file.read_text())
    assert found, file
    command = found.group(1).replace(" TOKEN", "").split()
    if command[0] == "python":
        command[0] = sys.executable
    return [*command, *words]


def environment() -> dict[str, str]:
    """With the key, and without this machine's proxies."""
    kept = {n: v for n, v in os.environ.items() if not n.lower().endswith("_proxy")}
    return {
        **kept,
        "LIFECHECK_APPCODE": KEY,
        "LIFECHECK_KEY": verify.KEY,
        "LIFECHECK_SECRET": verify.SECRET,
    }


def run(file: Path, *words: str) -> tuple[int, dict[str, str]]:
    """What a program ended with and printed, under the words it prints it with."""
    done = subprocess.run(
        command_of(file, *words),
        cwd=file.parent,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    said: dict[str, str] = {}
    if file.suffix == ".sh":
        # curl prints the answer as it came.
        answer = json.loads(done.stdout)
        said = {"code": str(answer["code"]), **(answer.get("data") or {})}
    else:
        for line in done.stdout.splitlines():
            name, value = line.rsplit(" ", 1)
            said[name] = value
    assert "code" in said, done.stderr
    for secret in (KEY, verify.KEY, verify.SECRET):
        assert secret not in done.stdout + done.stderr
    return done.returncode, said


def at(vendor: Vendor, auth: str = "none", *, in_query: bool = False) -> Service:
    """A scripted vendor as a service."""
    base = vendor.address
    return Service(f"{base}/init", f"{base}/result", f"{base}/h5", auth, in_query)


@pytest.fixture(name="running", scope="module")
def _running() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(name="sandbox", scope="module")
def _sandbox(running: RunningSandbox) -> Service:
    return Service(running.init_url, running.result_url, running.h5_url, "none")


@pytest.mark.parametrize("language", LANGUAGES)
def test_init_and_result_from_token_to_photo(
    tmp_path: Path, running: RunningSandbox, sandbox: Service, language: str
) -> None:
    """Copied, run: a token, no result for it yet, and after the check a photo."""
    needed(language)
    files = write(tmp_path, language, sandbox, ACTIVE)

    started, init = run(files["init"])
    if language != "java":
        assert run(files["result"], init["token"]) == (
            0 if language == "curl" else 1,
            {"code": "201"},
        )
    running.finish(init["token"])
    passed, result = run(files["result"], init["token"])

    assert init["code"] == "200"
    assert result["code"] == "200"
    assert result["faceImageUrl"].startswith("http://127.0.0.1")
    if language != "curl":
        assert init["camera page"].endswith(f"?token={init['token']}")
        assert (started, passed) == (0, 0)


def shown(text: str) -> str:
    """What a command may hold: a terminal would act on the rest while it is pasted."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_arrives_is_what_the_form_says(
    tmp_path: Path, vendor: Vendor, language: str
) -> None:
    """Quotes, dollars, percent signs, Chinese: nothing is lost, and nothing is run.

    The key comes from the environment, and only where the market asks for one.
    """
    needed(language)
    vendor.result = envelope(200, {"faceImageUrl": PHOTO})
    for form, auth in FORMS.get(language, EVERY):
        files = write(tmp_path, language, at(vendor, auth), form)
        assert run(files["init"])[1]["token"] == "T-0123456789"

        name, body, headers = vendor.asked[-1]
        assert name == "init"
        shell = language == "curl"
        assert body == {k: [shown(v) if shell else v] for k, v in form.items()}
        assert headers["Content-Type"].split(";")[0] == "application/x-www-form-urlencoded"
        assert headers.get("Authorization") == (
            f"APPCODE {KEY}" if auth != "none" else None
        )

    run(files["result"], "T +&=%")

    assert vendor.asked[-1][1] == {"token": ["T +&=%"]}
    assert vendor.asked[-1][2]["Authorization"] == f"APPCODE {KEY}"


CHINESE = {"returnUrl": "/pages/人脸/x?a=b c+d~e*", "colors": "#FFFFFF,#000000"}


def calls_of(language: str, auth: str) -> list[tuple[str, bool]]:
    """Which programs to run, and whether their parameters are in the address.

    Java takes seconds to start, and its simple credentials are one line each.
    """
    every = [("init", False), ("result", True), ("init", True), ("result", False)]
    if language != "java":
        return every
    return every[: 2 if auth in {"aliyun-signature", "huawei-signature"} else 1]


@pytest.mark.parametrize("auth", [name for name in MARKETS if name != "none"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_markets_gateway_lets_the_code_through(
    tmp_path: Path, vendor: Vendor, language: str, auth: str
) -> None:
    """Checked with another hand's arithmetic: time, key, and signature where one is.

    The parameters arrive where the market looks for them, whatever is in them.
    """
    needed(language)
    vendor.result = envelope(200, {"faceImageUrl": PHOTO})
    token = "T +&=%~*检/" if language != "curl" or auth != "aliyun-signature" else "T-1_a"
    for part, in_query in calls_of(language, auth):
        service = at(vendor, auth, in_query=in_query)
        files = write(tmp_path, language, service, CHINESE)
        words = (token,) if part == "result" else ()
        status, said = run(files[part], *words)

        raw, fields = (
            vendor.raw[-1],
            vendor.queries[-1] if in_query else vendor.asked[-1][1],
        )
        wanted = {"token": [token]} if part == "result" else as_lists(CHINESE)
        assert (status, said["code"]) == (0, "200")
        assert verify.refusal(auth, raw, now=time.time()) == ""
        assert wanted.items() <= fields.items()
        assert bool(raw.query) is in_query
        assert bool(raw.body) is not in_query
        assert (raw.headers["content-type"] == "application/json") is in_query


def as_lists(fields: Mapping[str, str]) -> dict[str, list[str]]:
    """As a query is parsed."""
    return {name: [value] for name, value in fields.items()}


@pytest.mark.parametrize("auth", sorted(SIGNED))
def test_what_has_been_changed_on_the_way_is_turned_away(
    tmp_path: Path, vendor: Vendor, auth: str
) -> None:
    """The check itself can say no: another key, an old request, other parameters."""
    service = at(vendor, auth, in_query=True)
    run(write(tmp_path, "python", service, ACTIVE)["init"])
    raw, now = vendor.raw[-1], time.time()

    assert verify.refusal(auth, raw, now=now, secret="another")
    assert verify.refusal(auth, raw, now=now + 3600)
    if not auth.startswith("tencent"):
        assert verify.refusal(auth, replace(raw, query=f"{raw.query}&a=b"), now=now)
        assert verify.refusal(auth, replace(raw, path="/result"), now=now)


# A Java handler takes long to start: the one market with most of it stands for all.
MARKET_HANDLERS = [
    *((language, auth) for language in ("python", "node") for auth in MARKETS),
    ("java", "huawei-signature"),
]


@pytest.mark.parametrize(("language", "auth"), MARKET_HANDLERS)
def test_each_markets_handler_starts_a_check(
    tmp_path: Path, vendor: Vendor, language: str, auth: str
) -> None:
    """It is put together from the same pieces, with imports of its own."""
    needed(language)
    with serving(tmp_path, language, at(vendor, auth)) as origin:
        answer = requests.post(f"{origin}/start", allow_redirects=False, timeout=9)

    assert answer.status_code == 303
    assert verify.refusal(auth, vendor.raw[-1], now=time.time()) == ""


@pytest.mark.parametrize("auth", ["aliyun-signature", "huawei-signature", "jumdata"])
@pytest.mark.parametrize("language", ["curl", "python", "node", "go", "php"])
def test_an_address_with_a_query_of_its_own_is_signed_with_it(
    tmp_path: Path, vendor: Vendor, language: str, auth: str
) -> None:
    """Its values are not shown, since one may be a key; what is sent is still signed."""
    needed(language)
    url = f"{vendor.address}/init?v=2&app=x"
    for in_query in (False, True):
        service = Service(url, url, "h", auth, in_query)
        run(write(tmp_path, language, service, ACTIVE)["init"])

        assert vendor.queries[-1]["v"] == ["..."]
        assert verify.refusal(auth, vendor.raw[-1], now=time.time()) == ""


# What is no pass, whatever it looks like; the last one is a redirect with a credential.
NO_PASS = (
    envelope(200),
    envelope(200, {"faceImageUrl": ""}),
    envelope(200, {"faceImageUrl": True}),
    envelope(True, {"faceImageUrl": PHOTO}),
    envelope([200], {"faceImageUrl": PHOTO}),
    envelope({"toString": 1}, {"faceImageUrl": PHOTO}),
    envelope(2000, {"faceImageUrl": PHOTO}),
    envelope(200, [PHOTO]),
    envelope(500, {"faceImageUrl": PHOTO}),
    Response("<html>502</html>", 502),
    Response('{"data": {"code": 200, "faceImageUrl": "x"}}'),
    Response(status=307, headers={"Location": "/result"}),
)


@pytest.mark.parametrize("language", ["python", "node", "php"])
def test_nothing_but_200_with_a_photo_is_a_pass(
    tmp_path: Path, vendor: Vendor, language: str
) -> None:
    """The exit status says so as well; the HTTP status says nothing."""
    needed(language)
    result = write(tmp_path, language, at(vendor))["result"]
    for answer in NO_PASS:
        vendor.result = answer
        status, said = run(result, "T")
        assert status == 1, answer.data
        assert "faceImageUrl" not in said
    assert vendor.calls("result") == len(NO_PASS)

    vendor.result = envelope(200, {"faceImageUrl": PHOTO}, status=450)
    assert run(result, "T") == (0, {"code": "200", "faceImageUrl": PHOTO})


@pytest.mark.parametrize("language", ["curl", "python", "node", "php"])
def test_a_fault_on_purpose_is_printed(
    tmp_path: Path, sandbox: Service, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox's magic credential travels where the market's own does."""
    needed(language)
    service = Service(sandbox.init_url, sandbox.result_url, sandbox.h5_url, "appcode")
    monkeypatch.setitem(globals(), "KEY", "sandbox-init-604")

    _, said = run(write(tmp_path, language, service)["init"])

    assert said["code"] == "604"
    assert "token" not in said


@contextmanager
def serving(
    folder: Path, language: str, service: Service, parameters: Mapping[str, str] = SILENT
) -> Iterator[str]:
    """The return handler of a language, on a port of its own; yields its origin."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    back = f"{origin}/lifecheck/return"
    if parameters["returnUrl"] == RETURN_URL:
        parameters = {**parameters, "returnUrl": back}
    file = write(folder, language, service, parameters, back)["handler"]
    with (
        (folder / "said.log").open("w") as log,
        subprocess.Popen(
            command_of(file), cwd=folder, env=environment(), stdout=log, stderr=log
        ) as server,
    ):
        try:
            end = time.monotonic() + 40
            while time.monotonic() < end and server.poll() is None:
                try:
                    requests.get(origin, timeout=5)
                    break
                except requests.ConnectionError:
                    time.sleep(0.05)
            else:
                pytest.fail((folder / "said.log").read_text())
            yield origin
        finally:
            server.terminate()


# `go run` would leave its server behind, and PHP needs an extension for sessions.
HANDLERS = ("python", "node", "java")


@pytest.mark.parametrize("language", HANDLERS)
def test_the_handler_believes_the_service_and_its_own_session(
    tmp_path: Path, running: RunningSandbox, sandbox: Service, language: str
) -> None:
    """From start to return: a claim of success is nothing, and so is a foreign token."""
    needed(language)
    with serving(tmp_path, language, sandbox, ACTIVE) as origin:

        def start(browser: requests.Session) -> str:
            answer = browser.post(f"{origin}/start", allow_redirects=False, timeout=9)
            assert answer.status_code == 303
            assert "SameSite=Lax" in answer.headers["Set-Cookie"]
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            return answer.headers["Location"].partition("?token=")[2]

        failed, passed = requests.Session(), requests.Session()
        bad, good = start(failed), start(passed)
        claim = str(running.finish(bad, "202-hijack")).replace("false", "true")
        way_back = str(running.finish(good))
        stranger = requests.get(way_back, timeout=9)
        lied = failed.get(claim, timeout=9)
        forged = failed.get(claim.replace(bad, good), timeout=9)
        honest = passed.get(way_back.replace("true", "false"), timeout=9)
        without = passed.get(way_back.partition("?")[0], timeout=9)

    assert claim.endswith(f"/lifecheck/return?token={bad}&success=true")
    assert (stranger.status_code, lied.status_code) == (403, 200)
    assert lied.text == forged.text == "not passed"
    assert honest.text == without.text == "passed"
    assert lied.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", HANDLERS)
def test_the_handler_asks_again_for_201_and_never_breaks(
    tmp_path: Path, vendor: Vendor, language: str
) -> None:
    """Each answer has its words, a strange one too; a final one is asked for once."""
    needed(language)
    with serving(tmp_path, language, at(vendor), IN_APP) as origin:
        browser = requests.Session()

        def come_back(*answers: Response) -> str:
            queue = list(answers)
            vendor.script = lambda: queue.pop(0) if len(queue) > 1 else queue[0]
            answer = browser.get(f"{origin}/lifecheck/return?success=true", timeout=20)
            assert answer.status_code == 200, answer.text
            return answer.text

        browser.post(f"{origin}/start", allow_redirects=False, timeout=9)
        for strange in NO_PASS:
            assert come_back(strange).startswith("no usable answer"), strange.data
        asked = vendor.calls("result")
        late = come_back(envelope(201), envelope(203))
        again = come_back(envelope(200, {"faceImageUrl": PHOTO}))
        calls = vendor.calls("result") - asked
        browser.post(f"{origin}/start", allow_redirects=False, timeout=9)
        expired = come_back(envelope(301))
        vendor.init = Response("<html>502</html>", 502)
        refused = browser.post(f"{origin}/start", allow_redirects=False, timeout=9)

    assert vendor.asked[0][1] == {name: [value] for name, value in IN_APP.items()}
    assert late == again == "could not finish"
    assert calls == 2
    assert expired == "expired"
    assert refused.status_code == 503


def test_a_language_without_a_runtime_says_that_it_is_untested(visitor: Visitor) -> None:
    """And no other does."""
    for name, language in LANGUAGES.items():
        page = visitor.get(f"/?code={name}").text
        assert ("Untested here" in page) is not language.is_tested
    visitor.language = "zh-CN"
    assert "未经测试" in visitor.get("/?code=go").text


@pytest.mark.parametrize("in_query", [False, True])
@pytest.mark.parametrize("language", ["go", "php"])
@pytest.mark.parametrize(
    ("parameters", "auth"), [*EVERY, *((SILENT, auth) for auth in MARKETS)]
)
def test_what_may_not_run_here_closes_what_it_opens(
    language: str, parameters: dict[str, str], auth: str, in_query: bool
) -> None:
    """All that is checked of a language where its runtime is missing."""
    service = Service("https://a.example/i", "https://a.example/r", "h", auth, in_query)
    for program in programs(LANGUAGES[language], service, parameters, say=plain):
        # A comment or a string, whichever begins first.
        code = re.sub(
            r"""//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`""",
            "",
            program.text,
        )
        for opened, closed in ("()", "[]", "{}"):
            assert code.count(opened) == code.count(closed), program.file
        assert not set("\"'`") & set(code), program.file


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_shows_the_program_it_would_write(
    visitor: Visitor, code: str, language: str
) -> None:
    """Escaped as a whole, comments in the page's language, and never heavy."""
    query = "colors=FFFFFF,000000&actions=LookFront,%3C/pre%3E%22"
    page = visitor.get(f"/?{query}&code={code}&lang={language}").text
    shown = re.search(r'<pre[^>]* id="code-init"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert shown
    text = html.unescape(shown.group(1))

    assert "#FFFFFF,#000000" in text
    assert "LookFront,</pre>" in text
    assert "http://localhost/sandbox/lifecheck/v2/init" in text
    assert ("运行" in text) is (language == "zh")
    assert len(page.encode()) < 150_000
    assert re.findall(r'aria-current="true"\s+data-code="(\w+)"', page) == [code]


def test_live_code_names_the_key_and_never_holds_it(live: Visitor) -> None:
    """The configured addresses, and the variable in place of its value."""
    for language in LANGUAGES:
        page = live.get(f"/?code={language}").text
        assert KEY not in page
        assert "LIFECHECK_APPCODE" in page
        assert "/sandbox/" not in page


def test_a_key_in_an_address_is_not_shown() -> None:
    """Some markets take it in the query, where an operator may have left it."""
    url = f"https://user:{KEY}@a.example/init?AppCode={KEY}&v=2#x"
    for language in LANGUAGES.values():
        for program in programs(
            language, Service(url, url, "h", "none"), SILENT, say=plain
        ):
            assert KEY not in program.text


@pytest.mark.parametrize("wish", ["", "cobol", "python' onload='", "../go"])
def test_an_unknown_language_is_the_usual_one(visitor: Visitor, wish: str) -> None:
    """A link may say anything."""
    page = visitor.get("/", query_string={"code": wish}).text

    assert re.findall(r'aria-current="true"\s+data-code="(\w+)"', page) == ["python"]


def test_the_language_survives_a_refused_form(visitor: Visitor) -> None:
    """It travels with the form, so that no script has to bring it back."""
    answer = visitor.post("/", {"csrf_token": "old", "actions": "NodHead", "code": "go"})

    assert answer.status_code == 422
    assert re.findall(r'aria-current="true"\s+data-code="(\w+)"', answer.text) == ["go"]


def test_a_path_that_is_none_still_makes_a_page(visitor: Visitor) -> None:
    """While somebody types, the code follows a path that is not yet sound."""
    for path in ("http://[", "no path", "//evil", "'\"\\"):
        wishes = {"return_mode": "mini-program", "return_path": path, "code": "node"}
        assert visitor.get("/", query_string=wishes).status_code == 200
