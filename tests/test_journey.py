"""The journey from form to photo, and every way in which a check can end."""

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from lifecheck_demo.store import SqliteStore, StoreUnavailable
from tests.conftest import Clock, Visitor, hidden, outcome_of, token_of
from tests.sandbox.test_camera import play
from tests.vendor import TASK_NO, Vendor, envelope
from tools.film import frame


def test_a_pass_shows_the_face_photo(visitor: Visitor) -> None:
    """The main job: form, init, camera page, return, face photo."""
    page = visitor.check("passed")

    assert outcome_of(page) == "passed"
    photo = re.search(r'<img data-face-photo[^>]* src="([^"]+)"', page.text)
    assert photo
    answer = visitor.get(photo.group(1))
    assert answer.mimetype == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("choice", "outcome", "code"),
    [
        ("202-hijack", "not-passed", "202"),
        ("202-actions", "not-passed", "202"),
        ("202-face", "not-passed", "202"),
        ("203-browser", "could-not-finish", "203"),
        ("203-permission", "could-not-finish", "203"),
        ("203-actions", "could-not-finish", "203"),
        ("203-other", "could-not-finish", "203"),
    ],
)
def test_each_outcome_of_the_chooser_is_told(
    visitor: Visitor, choice: str, outcome: str, code: str
) -> None:
    """A check that did not pass shows its code, and never a photo."""
    page = visitor.check(choice)

    assert outcome_of(page) == outcome
    assert f"<code>{code}</code>" in page.text
    assert "data-face-photo" not in page.text


def test_leaving_the_camera_page_ends_in_no_result_yet(visitor: Visitor) -> None:
    """201: nothing is known, and the person is told how to go on."""
    camera_page = visitor.start()
    assert visitor.finish(camera_page, "leave") == ""

    page = visitor.come_back(return_address(visitor))

    assert outcome_of(page) == "no-result-yet"
    assert "Go on at the camera page" in page.text


def test_no_result_is_asked_again_three_times_by_itself_then_left_to_a_button(
    visitor: Visitor,
) -> None:
    """Every question may cost money, so the page stops by itself."""
    visitor.start()
    page = visitor.come_back(return_address(visitor))
    pauses = []
    for _ in range(4):
        found = re.search(r'data-pause="(\d+)"', page.text)
        pauses.append(found and int(found.group(1)))
        ask = {"csrf_token": hidden(page.text, "csrf_token")}
        address = re.search(r'action="(/check/[^"]+/ask)"', page.text)
        assert address
        page = visitor.come_back_from_button(address.group(1), ask)

    assert pauses == [1, 2, 4, None]
    assert "Check again" in page.text


def test_expire_now_ends_in_expired(visitor: Visitor) -> None:
    """301 can be shown in seconds."""
    visitor.finish(visitor.start(), "expire")

    assert outcome_of(visitor.come_back(return_address(visitor))) == "expired"


def test_after_ten_minutes_the_vendor_is_not_asked_any_more(
    live: Visitor, vendor: Vendor, clock: Clock
) -> None:
    """Its answer would be 301: known beforehand, and perhaps billed."""
    live.start()
    back = return_address(live)
    clock.move(600)

    page = live.come_back(back)

    assert outcome_of(page) == "expired"
    assert vendor.calls("result") == 0


def test_what_the_address_claims_decides_nothing(visitor: Visitor) -> None:
    """Anybody can type success=true."""
    back = visitor.finish(visitor.start(), "202-face")

    page = visitor.come_back(back.replace("success=false", "success=true"))

    assert outcome_of(page) == "not-passed"
    assert "success=true" in page.text


@pytest.mark.parametrize("tail", ["", "&success=True", "&success=true&success=false"])
def test_a_pass_is_a_pass_whatever_the_address_claims(visitor: Visitor, tail: str) -> None:
    """V2.1 of the vendor sends no claim at all."""
    back = visitor.finish(visitor.start(), "passed")

    page = visitor.come_back(back.replace("&success=true", tail))

    assert outcome_of(page) == "passed"


def test_a_terminal_answer_is_bought_once(live: Visitor, vendor: Vendor) -> None:
    """Reload, back button and double return show it again."""
    vendor.result = envelope(202)
    live.start()
    back = return_address(live)

    for _ in range(3):
        assert outcome_of(live.come_back(back)) == "not-passed"

    assert vendor.calls("result") == 1


def test_another_browser_sees_neither_result_nor_photo(
    app: Flask, visitor: Visitor
) -> None:
    """A passed link shows nobody's face."""
    back = visitor.finish(visitor.start(), "passed")
    visitor.come_back(back)
    stranger = Visitor(app.test_client())
    path = re.sub(r"^https?://[^/]+", "", back)

    answer = stranger.get(path)
    photo = stranger.get(path.split("?")[0].replace("/return/", "/check/") + "/photo")

    assert answer.status_code == 403
    assert "another browser" in answer.text
    assert photo.status_code == 404


def test_somebody_elses_token_is_refused(app: Flask, visitor: Visitor) -> None:
    """A pass of one person cannot be handed in by another."""
    other = Visitor(app.test_client())
    passed = token_of(other.finish(other.start(), "passed"))
    visitor.start()

    answer = visitor.get(f"{return_address(visitor)}?token={passed}&success=true")

    assert answer.status_code == 403
    assert "data-outcome" not in answer.text


def test_forget_takes_everything_away(visitor: Visitor) -> None:
    """The photo is gone at once, at the vendor's stand-in too."""
    page = visitor.check("passed")
    photo = re.search(r'src="(/check/[^"]+/photo)"', page.text)
    assert photo
    address = photo.group(1).removesuffix("/photo")

    answer = visitor.post(
        f"{address}/forget", {"csrf_token": hidden(page.text, "csrf_token")}
    )

    assert answer.headers["Location"] == "/"
    assert visitor.get(photo.group(1)).status_code == 404
    assert visitor.get(address).status_code == 404


@pytest.mark.parametrize("button", ["forget", "next guest"])
def test_a_check_that_could_not_be_forgotten_is_forgotten_by_the_next_press(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    """Whoever was told that it failed still has the way to it."""
    page = visitor.check("passed")
    check, form = page.request.path, {"csrf_token": hidden(page.text, "csrf_token")}
    address = f"{check}/forget" if button == "forget" else "/stage/reset"

    def fails(_store: SqliteStore, *_keys: str) -> None:
        raise StoreUnavailable("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "wipe", fails)
        assert visitor.post(address, dict(form)).status_code == 503

    assert visitor.get(check).status_code == 200
    assert visitor.post(address, dict(form)).status_code == 303
    assert visitor.get(check).status_code == 404


def test_trying_again_always_mints_a_new_token(visitor: Visitor) -> None:
    """A token is good for one check."""
    page = visitor.check("202-face", actions="LookFront,NodHead")
    form = {"csrf_token": hidden(page.text, "csrf_token"), "actions": "LookFront,NodHead"}

    first, second = (visitor.post("/", form).headers["Location"] for _ in range(2))

    assert token_of(first) != token_of(second)


def test_a_mini_program_gets_its_own_path(visitor: Visitor) -> None:
    """The sandbox shows where the mini-program would be sent."""
    camera_page = visitor.start(return_mode="mini-program", return_path="/pages/x")
    ended = visitor.get(visitor.finish(camera_page, "passed"))

    assert "/pages/x?token=" in ended.text


def test_the_result_page_leads_to_how_the_sandbox_judged(
    app: Flask, visitor: Visitor, clock: Clock
) -> None:
    """A picture of it and the page behind, until the check is forgotten."""
    sandbox = app.wsgi_app.mounts["/sandbox"]  # type: ignore[attr-defined]
    camera_page = visitor.start()
    visitor.get(camera_page)
    states = play(sandbox.test_client(), clock, token_of(camera_page), frame)
    page = visitor.come_back(states[-1]["redirect"].partition("localhost")[2])

    explained = re.search(r'data-explained href="([^"]+)"', page.text)
    picture = re.search(r'<img src="([^"]+\.svg)"', page.text)
    assert explained
    assert picture
    report = visitor.get(explained.group(1))
    assert 'data-reason="actions-done"' in report.text
    assert visitor.get(picture.group(1)).mimetype == "image/svg+xml"
    back = re.search(r'button-primary" href="([^"]+)"', report.text)
    assert back
    assert outcome_of(visitor.come_back(back.group(1).partition("localhost")[2])) == (
        "passed"
    )

    address = page.request.path
    visitor.post(f"{address}/forget", {"csrf_token": hidden(page.text, "csrf_token")})

    assert visitor.get(explained.group(1)).status_code == 404


def test_of_a_sandbox_elsewhere_the_page_is_linked_and_nothing_is_loaded(
    live: Visitor, vendor: Vendor
) -> None:
    """Beside the API it is believed; what a gateway adds is not."""
    name = "/sandbox/lifecheck/v2/judged/A1b2C3d4E5f6G7h8"
    answer = envelope(202)
    answer.headers["Link"] = ", ".join(
        f'<{vendor.address}{name}{end}>; rel="describedby"; type="{kind}"'
        for end, kind in (("", "text/html"), (".svg", "image/svg+xml"))
    )
    vendor.result = answer
    live.start()
    page = live.come_back(return_address(live))
    vendor.result = envelope(202)
    vendor.result.headers["Link"] = answer.headers["Link"].replace(
        vendor.address, "https://elsewhere.example"
    )
    live.start()
    other = live.come_back(return_address(live))

    assert f'data-explained href="{vendor.address}{name}"' in page.text
    assert f"{name}.svg" not in page.text
    assert "data-explained" not in other.text


def test_tampering_with_the_address_changes_nothing(live: Visitor, vendor: Vendor) -> None:
    """The claim changes, the answer stands, and nothing is asked again."""
    vendor.result = envelope(202)
    live.start()
    page = live.come_back(f"{return_address(live)}?success=false")
    tamper = re.search(r'data-tamper="true" href="([^"]+)"', page.text)
    assert tamper

    after = live.come_back(tamper.group(1))

    assert outcome_of(after) == "not-passed"
    assert "success=true" in after.text
    assert "The answer has not changed" in after.text
    assert vendor.calls("result") == 1
    assert "data-face-photo" not in after.text


ROWS = [
    (envelope(200, {"faceImageUrl": "https://img.jumdata.com/a.jpg"}), "passed"),
    (envelope("200", {}), "passed-without-photo"),
    (envelope(200), "passed-without-photo"),
    (envelope(201), "no-result-yet"),
    (envelope(202), "not-passed"),
    (envelope(203), "could-not-finish"),
    (envelope(301), "expired"),
    (envelope(400), "refused"),
    (envelope(500), "service-trouble"),
    (envelope(610), "service-trouble"),
    (envelope(604), "switched-off"),
    (envelope(606), "too-many-calls"),
    (envelope(609), "too-many-calls"),
    (envelope(999), "other"),
    (envelope(701), "other"),
    (envelope(202, status=450), "not-passed"),
    (Response("<h1>Bad Gateway</h1>", 502, content_type="text/html"), "service-trouble"),
    (Response("<h1>hello</h1>", 200, content_type="text/html"), "other"),
    (Response("", 429, {"Retry-After": "7"}), "too-many-calls"),
    (
        Response(
            "", 403, {"X-Ca-Error-Code": "B403MQ", "X-Ca-Error-Message": "Quota Exhausted"}
        ),
        "set-up-problem",
    ),
    (
        Response(
            "", 400, {"X-Ca-Error-Code": "A400AC", "X-Ca-Error-Message": "Invalid AppCode"}
        ),
        "set-up-problem",
    ),
]


@pytest.mark.parametrize(("answer", "outcome"), ROWS)
def test_every_answer_of_the_vendor_has_its_page(
    live: Visitor, vendor: Vendor, answer: Response, outcome: str
) -> None:
    """Whatever is not exactly a pass is not a pass, and everything has a name."""
    vendor.result = answer
    live.start()

    page = live.come_back(return_address(live))

    assert outcome_of(page) == outcome
    assert ("data-face-photo" in page.text) == (outcome == "passed")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (envelope(400), "refused"),
        (envelope(604), "switched-off"),
        (envelope(200, {}), "other"),
        (Response("", 403, {"X-Ca-Error-Code": "I403AA"}), "set-up-problem"),
        (Response(b"\x00\xff", 500), "service-trouble"),
    ],
)
def test_a_check_that_cannot_be_started_says_why(
    live: Visitor, vendor: Vendor, answer: Response, outcome: str
) -> None:
    """The failure is a page of its own, with the settings kept to try again."""
    vendor.init = answer
    form = {"csrf_token": live.csrf(), "actions": "LookFront,NodHead"}

    page = live.come_back_from_button("/", form)

    assert outcome_of(page) == outcome
    assert 'value="LookFront,NodHead"' in page.text


def test_a_vendor_that_is_not_there_is_service_trouble(
    tmp_path: Path, clock: Clock
) -> None:
    """Nothing listens: no stack trace, a reference number."""
    dead = "http://127.0.0.1:9/init"
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": dead,
        "LIFECHECK_RESULT_URL": dead,
        "LIFECHECK_AUTH": "none",
    }
    app = create_app(Settings.from_environment(environ), clock=clock)
    visitor = Visitor(app.test_client())

    page = visitor.come_back_from_button("/", {"csrf_token": visitor.csrf()})

    assert outcome_of(page) == "service-trouble"
    assert re.search(r"<code>[0-9A-F]{6}</code>", page.text)


def test_the_vendor_gets_the_documented_form(live: Visitor, vendor: Vendor) -> None:
    """Form-encoded, ASCII commas, the AppCode in its header, the state in the path."""
    live.start(colors="#ffffff，#000000", actions="LookFront,BlinkEye", flash_ok="1")

    name, form, headers = vendor.asked[0]
    assert name == "init"
    assert form["colors"] == ["#FFFFFF,#000000"]
    assert form["actions"] == ["LookFront,BlinkEye"]
    assert re.fullmatch(r"http://localhost/return/[\w-]{16}", form["returnUrl"][0])
    assert headers["Authorization"] == "APPCODE 0123456789abcdef"


def test_no_secret_and_no_whole_token_is_logged(
    live: Visitor, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs are read by more people than pages."""
    vendor.result = envelope(500)
    with caplog.at_level("DEBUG"):
        live.start()
        live.come_back(return_address(live))

    said = "".join(str(vars(record)) for record in caplog.records)
    assert "vendor call" in said
    assert "0123456789abcdef" not in said
    assert "T-0123456789" not in said


def test_the_task_number_can_be_copied(live: Visitor, vendor: Vendor) -> None:
    """Support asks for it."""
    vendor.result = envelope(202)
    live.start()

    assert f'data-copy="{TASK_NO}"' in live.come_back(return_address(live)).text


def return_address(visitor: Visitor) -> str:
    """Where the check that this browser has started returns to."""
    with visitor.client.session_transaction() as session:
        return f"/return/{session['visits'][0]['id']}"


def test_the_latest_checks_are_listed_and_can_be_run_again(
    app: Flask, visitor: Visitor
) -> None:
    """Of this browser only; without token or photo; gone when forgotten."""
    token = token_of(visitor.start(actions="LookFront,NodHead"))
    page = visitor.check("202-face", actions="LookLeft")
    form = visitor.get("/").text
    listed = form[form.index('id="history-title"') :]

    assert len(re.findall(r'data-history="', listed)) == 2
    assert "Not passed this time" in listed
    assert "No result yet" in listed
    assert 'href="/?colors=&amp;actions=LookFront%2CNodHead"' in listed
    assert token not in listed
    assert "/photo" not in listed
    assert "data-history" not in Visitor(app.test_client()).get("/").text

    forget = {"csrf_token": hidden(page.text, "csrf_token")}
    visitor.post(f"{page.request.path}/forget", dict(forget))
    assert visitor.get("/").text.count("data-history=") == 1


def test_the_evidence_is_a_file_without_secrets(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """What was asked, claimed and answered, and every message; for this browser only."""
    face = "https://img.jumdata.com/lifecheck-face/20240101/0123456789abcdef.jpg"
    vendor.result = envelope(200, {"faceImageUrl": face})
    live.start(actions="LookFront")
    page = live.come_back(f"{return_address(live)}?token=T-0123456789&success=false")
    address = f"{page.request.path}/evidence.json"

    answer = live.get(address)
    said = answer.get_json()

    assert "attachment" in answer.headers["Content-Disposition"]
    assert said["answer"] == {"code": "200", "msg": "msg of 200", "taskNo": TASK_NO}
    assert (said["outcome"], said["claimed_success"]) == ("passed", ["false"])
    assert [m["name"] for m in said["messages"]] == [
        "start",
        "init",
        "camera",
        "back",
        "result",
    ]
    for secret in ("T-0123456789", "0123456789abcdef", "lifecheck-face"):
        assert secret not in answer.text
    assert Visitor(live_app.test_client()).get(address).status_code == 404
