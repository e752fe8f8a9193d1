"""Every answer's headers, held against the rules of Mozilla's HTTP Observatory."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from lifecheck_demo import create_app
from lifecheck_demo.client import Crowded
from lifecheck_demo.sandbox import create_sandbox
from lifecheck_demo.settings import Settings
from lifecheck_demo.store import StoreUnavailable
from tests.conftest import Clock, Visitor, hidden, no_pause, token_of
from tests.observatory import parsed, score
from tests.sandbox.test_api import INIT

ORIGIN = "https://demo.example.com"
LEAST = 120
BACK = f"{ORIGIN}/back"
# Of pages and of everything else that a browser may be led to open.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SCRIPTS_OF_A_PAGE = {
    "script-src": {"'self'"},
    "object-src": {"'none'"},
    "require-trusted-types-for": {"'script'"},
    "trusted-types": {"'none'"},
}
EVERY_POLICY = {
    "default-src": {"'none'"},
    "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"},
}


class OverHttps(FlaskClient):
    """A browser behind the proxy that the README's deployment has."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if isinstance(args[0], str):
            kwargs.setdefault("base_url", ORIGIN)
            args = (args[0].removeprefix(ORIGIN), *args[1:])
        return super().open(*args, **kwargs)


@pytest.fixture(name="public")
def _public(tmp_path: Path, clock: Clock) -> Flask:
    """The demo as it is deployed, on its sandbox."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "PUBLIC_URL": ORIGIN,
        "SECRET_KEY": "k" * 32,
        "BRAND_LOGO": str(Path(__file__).parent.parent / "static/icon.svg"),
        "BRAND_ACCENT": "#1d4fd7",
    }
    app = create_app(Settings.from_environment(environ), clock=clock, sleep=no_pause)
    app.test_client_class = OverHttps
    return app


def addresses(app: Flask, known: dict[str, str], under: str = "") -> Iterator[str]:
    """An address for every rule: with *known* values, and with ones that nobody has."""
    for rule in app.url_map.iter_rules():
        for values in (known, {}):
            yield under + filled(rule, values)


def filled(rule: Rule, values: dict[str, str]) -> str:
    """The path of a rule; what *values* lack becomes a name that is not there."""
    names = re.compile(r"<(?:[^<>:]*:)?(\w+)>")
    return names.sub(lambda found: values.get(found[1], "0" * 16), rule.rule)


def faults_of(answer: TestResponse, *, https: bool = True) -> list[str]:
    """What an answer lacks; an empty list for a sound one."""
    headers = answer.headers
    faults = [
        f"{name} is {headers.get(name)}"
        for name, value in ALWAYS.items()
        if headers.get(name) != value
    ]
    policy = parsed(headers.get("Content-Security-Policy", "")) or {}
    wanted = EVERY_POLICY | (SCRIPTS_OF_A_PAGE if "<script" in page_of(answer) else {})
    faults += [f"{n} is {policy.get(n)}" for n in wanted if policy.get(n) != wanted[n]]
    if answer.mimetype == "text/html":
        faults += ["unsafe" for sources in policy.values() if "'unsafe-inline'" in sources]
        if "form-action" not in policy:
            faults.append("forms may go anywhere")
    if "Permissions-Policy" not in headers:
        faults.append("no Permissions-Policy")
    cookies = headers.getlist("Set-Cookie")
    for cookie in cookies:
        words = ["HttpOnly", "SameSite=Lax", "Path=/", *(["Secure"] if https else [])]
        faults += [f"{cookie} lacks {word}" for word in words if word not in cookie]
        if https and not cookie.startswith("__Host-"):
            faults.append(f"{cookie} may come from another host")
    card = score(headers, cookies, page_of(answer))
    if https and card.score < LEAST:
        faults.append(f"{card.score} points: {card.points}")
    return faults


def page_of(answer: TestResponse) -> str:
    """The HTML of an answer, if it is any."""
    return answer.text if answer.mimetype == "text/html" else ""


def visited(app: Flask, folder: Path) -> Iterator[TestResponse]:
    """The answers of a whole journey, of every address there is, and of the errors."""
    visitor = Visitor(app.test_client())
    client = visitor.client
    camera_page = visitor.start()
    yield client.get(camera_page)
    back = visitor.finish(camera_page, "passed")
    yield client.get(back)
    result = visitor.come_back(back)
    yield result
    check_id = result.request.path.rpartition("/")[2]
    form = {"csrf_token": visitor.csrf(), "actions": "LookFront"}
    yield client.post("/", data={**form, "colors": "FFFFFF"})
    yield client.post(f"/check/{check_id}/forget")
    handed = client.post("/", data={**form, "on_phone": "1"})
    yield handed
    code = client.get(handed.headers["Location"])
    yield code
    link = re.search(r"/phone/([\w-]+)", code.text)
    assert link, "no address for a phone"
    known = {"check_id": check_id, "key": link[1], "token": token_of(camera_page)}
    for address in addresses(app, known):
        yield client.get(address)
        yield client.post(address, data={"csrf_token": hidden(code.text, "csrf_token")})
        yield client.put(address)
    sandbox = create_sandbox(data=folder / "map-only")
    for address in addresses(sandbox, known, "/sandbox"):
        yield client.get(address)
        yield client.post(address)
        yield client.put(address)
    yield client.get("/sandbox/lifecheck/v2/check/index", query_string={"token": "x"})
    yield client.post(f"/sandbox{INIT}", data={"returnUrl": BACK})
    too_much = {"csrf_token": form["csrf_token"], "actions": "x" * 700_000}
    yield client.post("/", data=too_much)
    yield client.post("/sandbox/lifecheck/v2/check/outcome", data=too_much)
    yield client.get("/?lang=zh")


def test_every_answer_has_at_least_120_points(public: Flask, tmp_path: Path) -> None:
    """Pages, redirects, photos, data and errors alike."""
    statuses: Counter[int] = Counter()
    for answer in visited(public, tmp_path):
        statuses[answer.status_code] += 1
        faults = faults_of(answer)
        assert not faults, f"{answer.request.method} {answer.request.path}: {faults}"
        said = Counter(name for name, _ in answer.headers if name != "Set-Cookie")
        assert said.most_common(1)[0][1] == 1, f"{answer.request.path}: {said}"

    assert statuses.keys() >= {200, 303, 400, 404, 405, 413, 422}
    assert sum(statuses.values()) > 150


def test_nothing_is_missing_on_this_computer_either(app: Flask, tmp_path: Path) -> None:
    """The same but for what belongs to https."""
    for answer in visited(app, tmp_path):
        faults = faults_of(answer, https=False)
        assert not faults, f"{answer.request.method} {answer.request.path}: {faults}"
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreUnavailable("disk full"), 503),
        (Crowded(3), 503),
        (RuntimeError("a bug"), 500),
    ],
)
def test_a_failure_of_the_demo_has_them_too(
    public: Flask, error: Exception, status: int
) -> None:
    """No page says less to the browser than another."""
    public.add_url_rule("/fails", view_func=failing(error))

    answer = public.test_client().get("/fails")

    assert answer.status_code == status
    assert not faults_of(answer)


@pytest.mark.parametrize("path", ["/fails", "/control/fails", "/frame"])
def test_a_failure_of_the_sandbox_has_them_too(tmp_path: Path, path: str) -> None:
    """Pages, controls, and what its script talks to."""
    sandbox = create_sandbox(data=tmp_path, public_url=ORIGIN)
    sandbox.add_url_rule(path, view_func=failing(RuntimeError("a bug")))
    sandbox.test_client_class = OverHttps

    answer = sandbox.test_client().get(path)

    assert answer.status_code == 503
    assert not faults_of(answer)


def failing(error: Exception) -> Callable[[], Any]:
    """A view that fails."""

    def view() -> Any:
        raise error

    return view


def test_files_have_what_files_need(public: Flask) -> None:
    """Nothing that is only about pages: a page asks for twenty of them."""
    client = public.test_client()
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    camera_page = Visitor(client).start()
    files += re.findall(r'"(/sandbox/static/[^"]+)"', client.get(camera_page).text)

    assert len(files) == 6
    for file in files:
        headers = client.get(file).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "max-age=63072000" in headers["Strict-Transport-Security"]
        picture = file.endswith(".svg")
        assert picture == ("Content-Security-Policy" in headers)


def test_a_language_is_remembered_on_both_sides_over_https(public: Flask) -> None:
    """The cookie has another name there, and the camera page knows it."""
    client = public.test_client()
    english = {"Accept-Language": "en"}
    client.get("/?lang=zh", headers=english)

    for address in ("/", "/sandbox/lifecheck/v2/check/index"):
        assert '<html lang="zh-CN">' in client.get(address, headers=english).text


# The scorer itself: answers whose score is known.

SOUND = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def loosened(directive: str) -> str:
    """The sound policy, but for one directive."""
    return f"{SOUND['Content-Security-Policy']}; {directive} 'self' 'unsafe-inline'"


@pytest.mark.parametrize(
    ("changed", "cookies", "points"),
    [
        ({}, [], 140),
        ({}, ["__Host-visit=x; Secure; HttpOnly; Path=/; SameSite=Lax"], 145),
        ({}, ["lang=x; Secure"], 140),
        ({}, ["lang=x"], 135),
        ({}, ["session=x; Secure; SameSite=Lax"], 70),
        ({"Cross-Origin-Embedder-Policy": "require-corp"}, [], 150),
        ({"Content-Security-Policy": ""}, [], 55),
        ({"Content-Security-Policy": "", "X-Frame-Options": "DENY"}, [], 75),
        (
            {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"},
            [],
            135,
        ),
        ({"Content-Security-Policy": loosened("script-src")}, [], 80),
        ({"Content-Security-Policy": loosened("style-src")}, [], 130),
        ({"Strict-Transport-Security": ""}, [], 80),
        ({"Strict-Transport-Security": "max-age=3600"}, [], 130),
        ({"Referrer-Policy": "unsafe-url"}, [], 130),
        ({"X-Content-Type-Options": ""}, [], 135),
        ({"Access-Control-Allow-Credentials": "true"}, [], 50),
    ],
)
def test_the_scorer_agrees_with_the_published_table(
    changed: dict[str, str], cookies: list[str], points: int
) -> None:
    """Worked out by hand from the modifiers of its algorithm."""
    assert score({**SOUND, **changed}, cookies).score == points
