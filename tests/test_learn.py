"""The tutorial: every step in both languages, and what runs in it really ran."""

import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import requests
from flask import Flask

from lifecheck_demo.cases import CASES
from lifecheck_demo.client import mask
from lifecheck_demo.lessons import BY_NAME, EXAMPLES, LESSONS, NEXT, TOPICS
from lifecheck_demo.outcomes import Outcome
from lifecheck_demo.snippets import LANGUAGES
from lifecheck_demo.visit import MOST_VISITS
from tests.conftest import Clock, Visitor, hidden, outcome_of, token_of
from tests.sandbox.test_alone import alone
from tests.test_journey import return_address
from tests.test_wire import messages_in
from tests.vendor import Vendor
from tools.serving import serving

PAGES = {lesson.name: f"/learn/{lesson.name}".rstrip("/") for lesson in LESSONS}
RUNNING = [name for name in PAGES if name != "program"]
BITING = {
    *("success", "session", "fail-open", "identity", "key"),
    *("return-url", "colours", "look-front", "names"),
    *("ten-minutes", "polling", "keep", "retry"),
    *("no-photo", "technical", "gateway"),
    *("cookie", "leaks", "flashing", "camera"),
}


def run(visitor: Visitor, name: str, **fields: str) -> str:
    """Press what a step offers; the answer is where that leads."""
    page = visitor.get(PAGES[name]).text
    form: dict[str, object] = {"csrf_token": hidden(page, "csrf_token"), **fields}
    answer = visitor.post(PAGES[name], form)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def live_part(visitor: Visitor, name: str) -> str:
    """What a step shows of its calls."""
    page = visitor.get(PAGES[name]).text
    return page[page.index('id="live"') : page.index('class="lesson-turn"')]


def send(visitor: Visitor, **fields: str) -> str:
    """Send init as the form of its step does."""
    ticket = hidden(visitor.get(PAGES["init"]).text, "ticket")
    run(visitor, "init", ticket=ticket, **fields)
    return live_part(visitor, "init")


def said_in(part: str, name: str) -> str:
    """An attribute that begins with `data-`."""
    found = re.search(rf'data-{name}="([^"]*)"', part)
    assert found, f"no data-{name}"
    return found.group(1)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_each_step_is_a_sound_page(visitor: Visitor, language: str, name: str) -> None:
    """In its language, with the contents, a way on and the step before; nothing runs."""
    visitor.language = language
    page = visitor.get(PAGES[name]).text

    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in page
    heading = re.search(r"<h1>(.+)</h1>", page)
    assert heading
    assert bool(re.search("[\u4e00-\u9fff]", heading.group(1))) == (language == "zh")
    contents = page[page.index('class="lessons"') :]
    assert [
        unescape(a) for a in re.findall(r'lessons-link[^>]* href="([^"]+)"', contents)
    ] == [*PAGES.values()]
    assert page.count('aria-current="step"') == 1
    assert ('rel="next"' in page) == (name != "program")
    assert ('rel="prev"' in page) == (name != "")
    assert messages_in(page) == []


def test_a_step_that_is_none_is_told_as_such(visitor: Visitor) -> None:
    """Not a fault of ours."""
    assert visitor.get("/learn/nothing").status_code == 404
    assert visitor.get("/learn/program/nothing.py").status_code == 404


def test_see_one_leads_through_the_journey_and_back(visitor: Visitor) -> None:
    """An ordinary silent check; the drawing then has its real figures."""
    camera_page = run(visitor, "")
    page = visitor.come_back(visitor.finish(camera_page, "passed"))
    assert outcome_of(page) == "passed"
    assert "Silent check" in page.text
    back = re.search(r'data-tutorial href="([^"]+)"', page.text)
    assert back
    assert back.group(1) == "/learn#live"
    told = dict(
        re.findall(
            r'data-leg="(\w+)"(?:.*\n){3}.*trip-told">([^<]+)<', live_part(visitor, "")
        )
    )

    assert told.keys() == {"init", "token", "camera", "back", "result", "answer"}
    assert re.fullmatch(r"\d+ ms", told["init"])
    assert (told["back"], told["answer"]) == ("success=true", "code 200")


def test_a_wrong_key_is_refused_by_the_gateway(visitor: Visitor) -> None:
    """With its own headers and an empty body, as the real client met them."""
    run(visitor, "set-up")
    part = live_part(visitor, "set-up")

    assert messages_in(part) == ["init"]
    assert "x-ca-error-message" in part
    assert "A400AC" in part
    assert "sandbox-init-aliyun-bad-appcode" not in part


def test_init_brings_a_token_masked_as_the_wire_does(visitor: Visitor) -> None:
    """Sent with the address that the page offers, it is the steps' own check."""
    page = visitor.get(PAGES["init"]).text
    own = re.search(r'name="returnUrl" value="([^"]+)"', page)
    assert own
    ticket = hidden(page, "ticket")
    run(visitor, "init", ticket=ticket, returnUrl=own.group(1), actions="NodHead")
    part = live_part(visitor, "init")
    token = token_of(
        live_part(visitor, "camera").split('data-camera href="')[1].split('"')[0]
    )

    assert own.group(1).endswith(f"/return/{ticket}")
    assert "POST http://localhost/sandbox/lifecheck/v2/init" in part
    assert said_in(part, "code") == "200"
    assert "go on with it" in part
    assert "<b>actions</b>=NodHead" in part
    assert mask(token) in part
    assert token not in part


def test_a_page_that_is_sent_twice_begins_two_checks(visitor: Visitor) -> None:
    """Each returns to an address of its own, and the steps go on with the later one."""
    page = visitor.get(PAGES["init"]).text
    fields = {name: hidden(page, name) for name in ("ticket", "returnUrl")}
    backs = []
    for _again in range(2):
        run(visitor, "init", **fields)
        part = live_part(visitor, "init")
        backs += re.findall(r"<b>returnUrl</b>=([^\s<]+)", part)
        assert "go on with it" in part

    assert backs[0] == fields["returnUrl"]
    assert backs[1] != backs[0]


@pytest.mark.parametrize("name", [e.name for e in EXAMPLES if not e.is_broken])
def test_an_example_that_keeps_the_rules_gets_a_token(visitor: Visitor, name: str) -> None:
    """And the next step goes on with it."""
    part = send(visitor, example=name)

    assert said_in(part, "code") == "200"
    assert "Time left" in live_part(visitor, "camera")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-return", "without it nobody would come back"),
        ("long-return", "had 129 characters"),
        ("two-bright", "need a dark one"),
        ("no-look-front", "need “Look straight ahead”"),
        ("other-colour", "#FF0000 is not a colour of the palette"),
        ("wrong-case", "Nodhead is not an action"),
    ],
)
def test_a_broken_rule_is_refused_told_and_mended(
    visitor: Visitor, name: str, words: str
) -> None:
    """The sandbox itself says 400; one tap later it says 200, to be gone on with."""
    part = send(visitor, example=name)
    assert said_in(part, "code") == "400"
    assert '"code": 400' in unescape(part)
    assert words in part

    mending = part[
        part.rindex("<form", 0, part.index("data-mend")) : part.index("data-mend")
    ]
    mended = {
        field: unescape(hidden(mending, field))
        for field in ("ticket", "returnUrl", "colors", "actions")
    }
    run(visitor, "init", **mended)
    part = live_part(visitor, "init")

    assert said_in(part, "code") == "200"
    assert "go on with it" in part


def test_every_broken_example_is_tried_above() -> None:
    """One that is added has to be seen refused."""
    tried = test_a_broken_rule_is_refused_told_and_mended.pytestmark[0].args[1]

    assert {name for name, _ in tried} == {e.name for e in EXAMPLES if e.is_broken}


@pytest.mark.parametrize(
    "back", ["https://shop.example/back", "/pages/lifecheck/result", "http://localhost/"]
)
def test_a_return_elsewhere_is_accepted_and_not_gone_on_with(
    visitor: Visitor, back: str
) -> None:
    """A visitor of it would not come back here."""
    part = send(visitor, returnUrl=back)

    assert said_in(part, "code") == "200"
    assert "would not come back here" in part
    assert "Ask for one here" in live_part(visitor, "camera")


@pytest.mark.parametrize(
    "fields",
    [
        {"returnUrl": "ftp://a.example/"},
        {"returnUrl": "https://a.example/", "colors": "#FFFFFF，#000000"},
        {"returnUrl": "https://a.example/\x00", "actions": "</textarea><script>"},
        {"returnUrl": "//evil.example", "colors": ",,,", "actions": ",,"},
        {"example": "none-of-them"},
        {"ticket": "../../etc"},
        {},
    ],
)
def test_whatever_is_typed_is_answered_in_words(
    visitor: Visitor, fields: dict[str, str]
) -> None:
    """By the sandbox, with 400; never by a fault of ours."""
    form: dict[str, object] = {
        "csrf_token": hidden(visitor.get("/learn/init").text, "csrf_token")
    }
    answer = visitor.post("/learn/init", {**form, **fields})

    assert answer.status_code == 303
    part = live_part(visitor, "init")
    assert said_in(part, "code") == "400"
    assert "<script>" not in part


def test_what_is_too_long_is_kept_and_not_sent(visitor: Visitor) -> None:
    """Help, and nothing is called."""
    page = visitor.get("/learn/init").text
    form = {"csrf_token": hidden(page, "csrf_token"), "actions": "N" * 251}
    answer = visitor.post("/learn/init", dict(form))

    assert answer.status_code == 422
    assert "at most 250 characters" in answer.text
    assert "N" * 251 in answer.text
    assert messages_in(answer.text) == []


def test_a_page_left_open_says_so(visitor: Visitor) -> None:
    """Its token counts no longer."""
    for name in RUNNING:
        assert visitor.post(PAGES[name], {"csrf_token": "old"}).status_code == 400


def test_a_flash_is_asked_about_before_the_camera_page(visitor: Visitor) -> None:
    """The version without flashing is the easy choice, and a check of its own."""
    send(visitor, example="flash")
    part = live_part(visitor, "camera")
    assert "The whole screen will flash" in part
    assert part.index("without_flashing") < part.index("Continue with colours")

    camera_page = run(visitor, "camera", without_flashing="1")

    assert "#FFFFFF" not in visitor.get(camera_page).text
    assert "will flash" not in live_part(visitor, "camera")


def test_from_the_camera_page_the_tutorial_goes_on_with_the_way_back(
    visitor: Visitor,
) -> None:
    """The claim of this very check beside what the service said."""
    send(visitor, example="actions")
    camera_page = live_part(visitor, "camera").split('data-camera href="')[1].split('"')[0]
    page = visitor.come_back(visitor.finish(camera_page, "202-face"))
    link = re.search(r'data-tutorial href="([^"#]+)#live"', page.text)
    assert link
    assert link.group(1) == PAGES["return"]
    part = live_part(visitor, "return")

    assert re.search(r"data-claim>success=false<", part)
    assert re.search(r"data-truth>202 实人认证未通过<", part)
    assert messages_in(part) == ["back", "result"]
    assert said_in(live_part(visitor, "init"), "code") == "200"
    assert "go on with it" in live_part(visitor, "init")


def test_a_forged_pass_is_none(visitor: Visitor) -> None:
    """Nobody was before a camera: the claim is true, the service says 201."""
    send(visitor, example="silent")
    address = run(visitor, "return")
    assert "success=true" in address
    page = visitor.come_back(address)
    assert outcome_of(page) == "no-result-yet"
    part = live_part(visitor, "return")

    assert "gone on with a later one" in live_part(visitor, "init")
    assert re.search(r"data-claim>success=true<", part)
    assert re.search(r"data-truth>201 未查询到检测结果<", part)


def test_another_ones_token_is_refused_and_leads_back(visitor: Visitor) -> None:
    """The session's own token is what counts."""
    send(visitor, example="silent")
    other = re.search(r'data-other href="([^"]+)"', live_part(visitor, "return"))
    assert other
    answer = visitor.get(unescape(other.group(1)))

    assert answer.status_code == 403
    assert 'data-tutorial href="/learn/return#live"' in answer.text


@pytest.mark.parametrize(
    ("outcome", "code"), [("passed", "200"), ("202-face", "202"), ("203-permission", "203")]
)
def test_the_result_is_201_and_then_what_was_chosen(
    visitor: Visitor, outcome: str, code: str
) -> None:
    """Asked before anybody was at the camera, and again when they came back."""
    run(visitor, "result")
    part = live_part(visitor, "result")
    assert said_in(part, "code") == "201"
    chooser = re.search(r'action="([^"]+/outcome)"', part)
    assert chooser
    form = {"token": hidden(part, "token"), "outcome": outcome}
    page = visitor.come_back(visitor.post(chooser.group(1), dict(form)).headers["Location"])
    assert 'data-tutorial href="/learn/result#live"' in page.text
    page = visitor.get(PAGES["result"])

    assert said_in(live_part(visitor, "result"), "code") == code
    assert messages_in(page.text) == ["result", "result"]
    assert re.search(rf'class="now"><th scope="row"><code>{code}</code>', page.text)
    assert f'"code": {code}' in unescape(page.text)


def test_a_final_answer_is_not_bought_twice(visitor: Visitor) -> None:
    """Asking then begins another check."""
    send(visitor, example="silent")
    camera_page = live_part(visitor, "camera").split('data-camera href="')[1].split('"')[0]
    visitor.come_back(visitor.finish(camera_page, "passed"))
    assert "its answer is kept" in live_part(visitor, "result")

    run(visitor, "result")
    part = live_part(visitor, "result")

    assert said_in(part, "code") == "201"
    assert hidden(part, "token") != token_of(camera_page)


def test_a_check_that_came_too_late_is_301(visitor: Visitor) -> None:
    """In seconds: the sandbox lets it expire."""
    run(visitor, "result", late="1")

    assert said_in(live_part(visitor, "result"), "code") == "301"


def test_a_check_whose_ten_minutes_are_over_is_not_gone_on_with(
    visitor: Visitor, clock: Clock
) -> None:
    """Every step that needs one offers another."""
    send(visitor, example="silent")
    clock.move(601)

    assert "Ask for another" in live_part(visitor, "camera")
    assert "Begin a check" in live_part(visitor, "result")


@pytest.mark.parametrize(
    "name", [n for n in CASES if n not in {"init-never", "result-slow"}]
)
def test_each_fault_really_happens(visitor: Visitor, name: str) -> None:
    """Through the real client, with what a program does then."""
    where = run(visitor, "faults", what_if=name)
    if "/check/index" in where:
        page = visitor.come_back(visitor.get(where).headers["Location"])
        assert 'data-tutorial href="/learn/faults#live"' in page.text
    part = live_part(visitor, "faults")

    case = CASES[name]
    ends = Outcome.PASSED if name == "result-late-2" else case.outcome
    assert said_in(part, "provoked") == name
    assert said_in(part, "next") == NEXT[ends]
    assert messages_in(part)
    assert f"APPCODE {case.credential}<" in part
    assert part.count(case.credential) == 1
    if case.code.isdigit() and len(case.code) == 3:
        assert said_in(part, "code") == case.code


def test_a_late_result_is_asked_for_until_it_is_there(visitor: Visitor) -> None:
    """201, 201, 200: and then no more."""
    run(visitor, "faults", what_if="result-late-2")

    assert messages_in(live_part(visitor, "faults")) == ["init", *["result"] * 3]


def test_an_unknown_fault_is_refused_in_words(visitor: Visitor) -> None:
    """And nothing was sent."""
    form = {"csrf_token": hidden(visitor.get("/learn/faults").text, "csrf_token")}
    answer = visitor.post("/learn/faults", {**form, "what_if": "init-700"})

    assert answer.status_code == 422
    assert "none of the known cases" in answer.text
    assert messages_in(answer.text) == []


def test_every_outcome_has_something_to_do_then() -> None:
    """The page says one of five things."""
    assert NEXT.keys() == set(Outcome)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_programs_follow_the_check(visitor: Visitor, language: str) -> None:
    """In each language, on the page and as the command fetches them."""
    send(visitor, example="flash")
    page = visitor.get(PAGES["program"], {"code": language}).text
    fetched = re.findall(r"curl -sS -o (\S+) '(http://localhost/[^']+)'", unescape(page))

    assert {name for name, _ in fetched} == {*LANGUAGES[language].files}
    for name, address in fetched:
        text = visitor.client.get(address.removeprefix("http://localhost")).text
        assert name in text or name.endswith(".sh")
        assert text in unescape(page).replace("\r", "")
        assert ("#FFFFFF,#000000" in text) == (not name.lower().startswith("result"))


def test_the_checklist_names_what_bites_and_where_it_is_told(visitor: Visitor) -> None:
    """Each with a step that there is."""
    page = visitor.get(PAGES["program"]).text
    told = re.findall(r'data-mistake="([^"]+)"', page)

    assert len(told) == len(set(told))
    assert set(told) == BITING
    assert {m.lesson for topic in TOPICS for m in topic.mistakes} <= BY_NAME.keys()


def test_a_check_of_the_form_has_nothing_to_do_with_the_tutorial(visitor: Visitor) -> None:
    """It does not lead there, and the steps do not show it."""
    visitor.get(PAGES["result"])
    page = visitor.check("passed")

    assert "data-tutorial" not in page.text
    assert messages_in(visitor.get(PAGES["result"]).text) == []


def test_a_forgotten_check_is_gone_from_the_steps(visitor: Visitor) -> None:
    """With its messages and its token."""
    camera_page = run(visitor, "")
    page = visitor.come_back(visitor.finish(camera_page, "passed"))
    form = {"csrf_token": hidden(page.text, "csrf_token")}
    visitor.post(f"{page.request.path}/forget", dict(form))

    for address in PAGES.values():
        text = visitor.get(address).text
        assert messages_in(text) == []
        assert token_of(camera_page) not in text
        assert "trip-told" not in text


def test_nobody_else_sees_a_check_of_the_tutorial(app: Flask, visitor: Visitor) -> None:
    """Another browser begins at nothing."""
    send(visitor, example="silent")
    other = Visitor(app.test_client())

    assert messages_in(other.get(PAGES["init"]).text) == []
    assert "Ask for one here" in live_part(other, "camera")


def test_the_cookie_stays_small_enough_for_every_browser(visitor: Visitor) -> None:
    """Where somebody is in the tutorial stands in it too."""
    for _again in range(MOST_VISITS):
        run(visitor, "set-up")
        send(visitor, example="flash")
        run(visitor, "result", late="1")
        run(visitor, "faults", what_if="result-200-no-photo")
    cookie = visitor.client.get_cookie("visit")

    assert cookie
    assert len(cookie.value) < 4000


def test_with_the_live_service_nothing_is_called(live: Visitor, vendor: Vendor) -> None:
    """Each step explains, shows commands for the sandbox alone, and refuses to run."""
    csrf = live.csrf()
    for name, address in PAGES.items():
        page = live.get(address)
        assert page.status_code == 200
        assert 'data-hindrance="live"' in page.text
        assert ".venv/bin/python -m lifecheck_demo.sandbox --port 9000" in page.text
        assert "<form" not in page.text
        if name in RUNNING:
            for fields in (
                {},
                {"example": "silent"},
                {"what_if": "init-500"},
                {"late": "1"},
            ):
                answer = live.post(address, {"csrf_token": csrf, **fields})
                assert answer.status_code == 403
                assert 'data-hindrance="live"' in answer.text
    programs = live.get(PAGES["program"]).text
    assert live.client.head("/learn/program/init.py").status_code == 200

    assert vendor.asked == []
    assert vendor.address not in programs
    assert "http://127.0.0.1:9000/sandbox/lifecheck/v2/init" in programs


def test_with_the_live_service_an_ordinary_check_goes_on_as_ever(
    live: Visitor, vendor: Vendor
) -> None:
    """Started from the form after a look at the tutorial; once and no more."""
    live.get(PAGES["init"])
    live.start()
    live.come_back(return_address(live))

    assert (vendor.calls("init"), vendor.calls("result")) == (1, 1)


def test_an_address_that_nobody_vouches_for_runs_nothing(visitor: Visitor) -> None:
    """The return address would be made of whatever the browser says."""
    there = "http://demo.example"
    page = visitor.client.get(
        "/learn/init", base_url=there, headers={"Accept-Language": "en"}
    )
    csrf = hidden(visitor.client.get("/", base_url=there).text, "csrf_token")
    answer = visitor.client.post("/learn/init", data={"csrf_token": csrf}, base_url=there)

    assert 'data-hindrance="no-address"' in page.text
    assert answer.status_code == 403
    assert "PUBLIC_URL" in answer.text


def test_what_has_to_be_typed_for_a_live_service_works(live: Visitor) -> None:
    """Every command of the steps, in their order, against the sandbox alone."""
    said: dict[str, str] = {}
    with alone() as sandbox:
        script = ["set -e"]
        for name in RUNNING:
            page = live.get(PAGES[name]).text
            commands = re.findall(r'data-copy="([^"]+)"', page)
            for command in (
                unescape(c) for c in commands if "lifecheck_demo.sandbox" not in c
            ):
                script += [f"echo; echo '== {name}'", command]
        base = sandbox["LIFECHECK_INIT_URL"].removesuffix("/init")
        text = "\n".join(script).replace("http://127.0.0.1:9000/sandbox/lifecheck/v2", base)
        done = subprocess.run(
            ["/bin/bash", "-c", text],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        for part in done.stdout.split("\n== ")[1:]:
            name, _, rest = part.partition("\n")
            said[name] = said.get(name, "") + rest

    assert "Invalid AppCode" in said["set-up"]
    assert '"code":400' in said["init"].replace(" ", "")
    assert re.search(r"check/index\?token=\S{16,}", said["camera"])
    assert re.search(
        r"^Location: https://shop.example/back\?.*success=false", said["return"], re.M
    )
    assert '"code":202' in said["result"].replace(" ", "")
    assert '"code":500' in said["faults"].replace(" ", "").replace("\\", "")


def test_the_commands_of_the_last_step_run_as_they_stand(tmp_path: Path) -> None:
    """Fetched, run, checked and asked: from a shell, against this very server."""
    with serving() as address:
        page = requests.get(f"{address}/learn/program", {"lang": "en"}, timeout=10).text
        blocks = [unescape(c) for c in re.findall(r'data-copy="(curl [^"]+)"', page)]
        whole, init, result = blocks
        printed = shell(tmp_path, init)
        token = re.search(r"^token (\S+)$", printed, re.M)
        camera_page = re.search(r"^camera page (\S+)$", printed, re.M)
        assert token
        assert camera_page
        form = {"token": token.group(1), "outcome": "passed"}
        chooser = camera_page.group(1).split("index?")[0] + "outcome"
        requests.post(chooser, form, allow_redirects=False, timeout=10)
        asked = shell(tmp_path, result.replace("TOKEN", shlex.quote(token.group(1))))
        fetched = shell(tmp_path, whole.splitlines()[0])

    assert re.search(r"^code 200$", asked, re.M)
    assert "faceImageUrl" in asked
    assert fetched == ""
    assert f"{address}/sandbox/lifecheck/v2/init" in (tmp_path / "return.py").read_text()


def shell(folder: Path, text: str) -> str:
    """What a block of commands prints, the installing left out."""
    kept = [line for line in text.splitlines() if not line.startswith("pip ")]
    script = "\n".join(kept).replace("python ", f"{sys.executable} ")
    done = subprocess.run(
        ["/bin/bash", "-ec", script], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
