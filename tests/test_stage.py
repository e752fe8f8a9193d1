"""Presenter mode: its scenes, what they leave out, and the reset."""

import re
import sqlite3
from pathlib import Path

import pytest

from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from lifecheck_demo.visit import MOST_VISITS, new_id
from tests.conftest import Visitor, hidden, outcome_of, token_of
from tests.test_codes import press
from tests.vendor import Vendor

SECRETS = re.compile(r"APPCODE|taskNo|data-module=\"remember|id=\"wire\"|id=\"code|what_if")


def links(page: str) -> dict[str, str]:
    """Where the scene's ways back and onward lead."""
    found = re.findall(r'rel="(prev|next)" href="([^"]+)"', page)
    return {name: address.replace("&amp;", "&") for name, address in found}


def finished(visitor: Visitor, outcome: str = "passed", **wishes: str) -> str:
    """A check done on the stage; the answer is the address of its result."""
    visitor.get("/stage")
    back = visitor.finish(visitor.start(**wishes), outcome)
    return visitor.get(back).headers["Location"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_scenes_lead_from_the_welcome_to_the_next_guest(
    visitor: Visitor, language: str
) -> None:
    """Each leads on, and back to where one came from."""
    visitor.language = language
    welcome = links(visitor.get("/stage").text)
    choose = links(visitor.get(welcome["next"]).text)
    ready = visitor.get(choose["next"])
    assert choose == {"prev": "/stage", "next": "/stage/ready?scenario=actions"}
    assert links(ready.text) == {"prev": "/stage/choose"}
    assert 'name="actions" value="LookFront,LookLeft,BlinkEye"' in ready.text

    result = finished(visitor)
    shown = visitor.get(result)
    trust = links(shown.text)["next"]
    end = links(visitor.get(trust).text)["next"]

    assert outcome_of(shown) == "passed"
    assert trust == result.replace("/check/", "/stage/check/") + "/trust"
    assert links(visitor.get(trust).text)["prev"] == result
    assert links(visitor.get(end).text) == {"prev": trust}


def test_nothing_technical_and_no_secret_is_in_any_scene(visitor: Visitor) -> None:
    """Not hidden: not there, so that nothing reveals it."""
    visitor.get("/stage")
    camera_page = visitor.start()
    token = token_of(camera_page)
    result = visitor.get(visitor.finish(camera_page, "passed")).headers["Location"]
    scenes = [result, result.replace("/check/", "/stage/check/") + "/trust", "/stage/end"]

    for address in ("/stage", "/stage/choose", "/stage/ready", "/", *scenes):
        page = visitor.get(address)
        assert page.status_code == 200
        assert not SECRETS.search(page.text), address
        assert token not in page.text


def test_the_face_waits_behind_a_veil(visitor: Visitor) -> None:
    """A box that is not ticked, and that a reload does not remember as ticked."""
    page = visitor.get(finished(visitor)).text
    box = re.search(r"<input type=\"checkbox\"[^>]*data-stage-face[^>]*>", page)

    assert box
    assert "checked" not in box[0]
    assert 'autocomplete="off"' in box[0]
    assert "portrait-veiled" in page


def test_leaving_shows_the_same_check_in_the_ordinary_way(visitor: Visitor) -> None:
    """With its wire; and the way back to the stage is on the page."""
    result = finished(visitor)
    form = {"csrf_token": hidden(visitor.get(result).text, "csrf_token")}
    left = visitor.post("/stage/leave", {**form, "check": result.rpartition("/")[2]})
    page = visitor.get(left.headers["Location"])

    assert left.headers["Location"] == f"{result}?veiled=1"
    assert 'id="wire"' in page.text
    assert "portrait-veiled" in page.text
    assert "portrait-veiled" not in visitor.get(result).text
    assert f'href="/stage{result}"' in page.text
    assert visitor.get(f"/stage{result}").headers["Location"] == result
    assert 'id="wire"' not in visitor.get(result).text


@pytest.mark.parametrize(
    "name", ["init-aliyun-bad-appcode", "init-500", "result-html-502", "201", "202-face"]
)
def test_a_check_that_goes_wrong_shows_nothing_technical_either(
    visitor: Visitor, name: str
) -> None:
    """No setting, no token in a link; whoever runs the demo gets the reference."""
    visitor.get("/stage")
    answer = press(visitor, name)

    assert 'class="stage"' in answer.text
    assert not SECRETS.search(answer.text)
    assert "LIFECHECK_" not in answer.text
    assert "token=" not in answer.text
    if 'data-tone="fault"' in answer.text:
        assert re.search(r"under the reference <code>[0-9A-F]{6}</code>", answer.text)
    if name == "201":
        way = re.search(r'href="(/stage/check/[^"]+/camera)"', answer.text)
        assert way
        assert "check/index?token=" in visitor.get(way[1]).headers["Location"]


@pytest.mark.parametrize("check", ["//evil.example", "", "short", "../../etc/passwd"])
def test_leaving_leads_nowhere_else(visitor: Visitor, check: str) -> None:
    """Whatever the form says."""
    form = {"csrf_token": hidden(visitor.get("/stage").text, "csrf_token")}

    answer = visitor.post("/stage/leave", {**form, "check": check})

    assert answer.headers["Location"] == "/"


def test_a_tampered_address_comes_back_to_its_scene(visitor: Visitor) -> None:
    """It says that nothing has changed, and nothing has."""
    result = finished(visitor)
    trust = visitor.get(result.replace("/check/", "/stage/check/") + "/trust").text
    tampered = re.search(r'data-tamper="false" href="([^"]+)"', trust)
    assert tampered

    scene = visitor.come_back(tampered[1])

    assert "The answer has not changed" in scene.text
    assert "data-claim>success=false" in scene.text
    assert "A live person was seen" in scene.text
    assert outcome_of(visitor.get(result)) == "passed"


def test_one_button_takes_away_all_that_the_guests_left(visitor: Visitor) -> None:
    """Photo, token, answer and history, here and at the sandbox."""
    first, second = finished(visitor), finished(visitor, "202-face")
    camera_page = visitor.start()
    visitor.get(visitor.finish(camera_page, "passed"))
    asked = {"token": token_of(camera_page)}
    assert visitor.get(f"{first}/photo").status_code == 200
    token = hidden(visitor.get("/stage/end").text, "csrf_token")

    reset = visitor.post("/stage/reset", {"csrf_token": token})
    welcome = visitor.get(reset.headers["Location"])

    assert reset.headers["Location"] == "/stage"
    assert "of the last guests are gone" in welcome.text
    assert "data-stage-reset" not in welcome.text
    for result in (first, second):
        assert visitor.get(result).status_code == 404
        assert visitor.get(f"{result}/photo").status_code == 404
    assert "data-history" not in leave(visitor)
    # The sandbox has never heard of it.
    answer = visitor.client.post("/sandbox/lifecheck/v2/result", data=asked)
    assert answer.json
    assert answer.json["code"] == 201


def test_what_the_cookie_has_no_room_for_is_forgotten(
    visitor: Visitor, tmp_path: Path
) -> None:
    """Guests follow each other at a stand; a face must not outlast the way to it."""
    results = [finished(visitor) for _ in range(MOST_VISITS + 2)]

    ids = [result.rpartition("/")[2] for result in results]
    known = [check for check in ids if visitor.get(f"/check/{check}").status_code == 200]
    assert known == ids[2:]
    with sqlite3.connect(tmp_path / "state.sqlite") as db:
        names = {name for (name,) in db.execute("SELECT key FROM records")}
    assert not [n for n in names if n in {f"standing:{ids[0]}", f"wire:{ids[0]}"}]
    assert f"standing:{ids[-1]}" in names


def test_the_stages_cookie_stays_on_https_where_the_demo_does(tmp_path: Path) -> None:
    """And closed to scripts."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "PUBLIC_URL": "https://demo.example.com",
        "SECRET_KEY": "k" * 32,
    }
    client = create_app(Settings.from_environment(environ)).test_client()
    answer = client.get("/stage", base_url="https://demo.example.com")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if "stage=" in c)

    assert "Secure" in cookie
    assert "HttpOnly" in cookie


def test_the_reset_is_a_button_of_our_own_pages_only(visitor: Visitor) -> None:
    """Another site cannot press it."""
    result = finished(visitor)

    assert visitor.post("/stage/reset", {}).status_code == 400
    assert visitor.get("/stage/reset").status_code == 405
    assert outcome_of(visitor.get(result)) == "passed"


def test_a_choice_that_breaks_a_rule_is_told_by_the_form(visitor: Visitor) -> None:
    """With the choice kept, and the way to mend it."""
    answer = visitor.get("/stage/ready?colors=FFFFFF,FFD9E3&actions=LookLeft")
    form = visitor.get(answer.headers["Location"]).text

    assert answer.status_code == 302
    assert 'data-rule="needs-dark"' in form
    assert 'data-rule="needs-look-front"' in form
    assert visitor.get("/stage/ready?actions=Wink").status_code == 302


def test_a_flash_is_asked_about_on_the_stage_too(visitor: Visitor) -> None:
    """Without an answer nothing starts, and without a script there is a box."""
    page = visitor.get("/stage/ready?scenario=flash").text
    form = {"csrf_token": hidden(page, "csrf_token"), "colors": "#FFFFFF,#000000"}

    assert 'name="flash_ok"' in page
    assert "data-gate-dialog" in page
    assert visitor.post("/", {**form, "actions": ""}).status_code == 422


@pytest.mark.parametrize("scene", ["trust", "judged"])
def test_a_scene_without_its_matter_leads_to_the_result(
    visitor: Visitor, scene: str
) -> None:
    """Before the visitor is back there is no claim, and without a run no picture."""
    visitor.get("/stage")
    visitor.start()
    check = re.search(r'data-history="([^"]+)"', leave(visitor))
    assert check

    answer = visitor.get(f"/stage/check/{check[1]}/{scene}")

    assert answer.headers["Location"] == f"/check/{check[1]}"
    assert visitor.get(f"/stage/check/{new_id()}/{scene}").status_code == 404


def leave(visitor: Visitor) -> str:
    """The ordinary form."""
    token = hidden(visitor.get("/stage").text, "csrf_token")
    left = visitor.post("/stage/leave", {"csrf_token": token})
    return visitor.get(left.headers["Location"]).text


def test_a_check_without_a_result_can_be_asked_about(visitor: Visitor) -> None:
    """No scene is a dead end."""
    visitor.get("/stage")
    visitor.start()
    check = re.search(r'data-history="([^"]+)"', leave(visitor))
    assert check
    visitor.get("/stage")

    page = visitor.get(f"/check/{check[1]}").text

    assert f'action="/check/{check[1]}/ask"' in page
    assert f'href="/stage/check/{check[1]}/camera"' in page
    assert visitor.get(f"/stage/check/{new_id()}/camera").status_code == 404


def test_the_phones_code_is_a_scene(visitor: Visitor) -> None:
    """As large as the screen, with nothing else around it."""
    visitor.get("/stage")
    page = visitor.get(visitor.start(on_phone="1")).text

    assert 'class="qr"' in page
    assert 'class="stage"' in page
    assert "masthead" not in page


def test_looking_at_the_scenes_costs_nothing(live: Visitor, vendor: Vendor) -> None:
    """Only the start is a call, and the way back another."""
    for address in (
        "/stage",
        "/stage/choose",
        "/stage/ready?scenario=silent",
        "/stage/end",
    ):
        assert live.get(address).status_code == 200
    assert vendor.asked == []

    live.start()

    assert (vendor.calls("init"), vendor.calls("result")) == (1, 0)
