"""Pages made once for many: nobody is given what is another's."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from flask import Flask, template_rendered

from lifecheck_demo.ready_pages import ReadyPages
from tests.conftest import Clock, Visitor, hidden

SECRET_FIELDS = ("csrf_token", "ticket")


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The names of the templates that are rendered meanwhile."""
    names: list[str] = []

    def note(sender: Flask, template: object, **more: object) -> None:
        names.append(str(getattr(template, "name", "")))

    with template_rendered.connected_to(note, app):
        yield names


def alike(page: str) -> str:
    """A form page without what is each visitor's own."""
    for name in SECRET_FIELDS:
        if f'name="{name}"' in page:
            page = page.replace(hidden(page, name), name)
    return page


@pytest.mark.parametrize("kind", ["app", "live_app"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_newcomers_share_a_page_and_no_secret(
    kind: str, language: str, request: pytest.FixtureRequest
) -> None:
    """Each has a token and a ticket of their own, wherever they stand in the page."""
    app: Flask = request.getfixturevalue(kind)
    with counted(app) as rendered:
        pages = [Visitor(app.test_client(), language).get("/").text for _ in range(3)]

    assert rendered == ["form.html"]
    assert len({alike(page) for page in pages}) == 1
    for name in SECRET_FIELDS:
        own = [hidden(page, name) for page in pages]
        assert len(set(own)) == 3
        for page in pages:
            assert sum(secret in page for secret in own) == 1
    # The request that is shown leads back to this visitor's check.
    assert f"/return/{hidden(pages[0], 'ticket')}" in pages[0]


def test_a_page_that_was_kept_is_the_page_that_would_be_made(app: Flask) -> None:
    """A question mark is nothing that it could show, and is enough to make it anew."""
    fresh = Visitor(app.test_client()).get("/", {"nothing": ""}).text
    Visitor(app.test_client()).get("/")
    kept = Visitor(app.test_client()).get("/").text

    # The switch of language repeats the address.
    assert alike(kept) == alike(fresh).replace("nothing=&amp;", "")


def test_each_newcomer_can_begin_with_what_stands_in_the_page(app: Flask) -> None:
    """The token is that of their own session, and of no other."""
    first, second = (Visitor(app.test_client()) for _ in range(2))
    mine, theirs = (hidden(v.get("/").text, "csrf_token") for v in (first, second))

    wish = {"actions": "LookFront"}
    assert first.post("/", {**wish, "csrf_token": theirs}).status_code == 422
    assert first.post("/", {**wish, "csrf_token": mine}).status_code == 303


def test_whoever_is_no_newcomer_gets_a_page_of_their_own(app: Flask) -> None:
    """A check, a message, a wish in the address, presenter mode: nobody else sees it."""
    ours = Visitor(app.test_client())
    ours.start()
    wishing = Visitor(app.test_client())
    presenting = Visitor(app.test_client())
    presenting.get("/stage")
    plain = Visitor(app.test_client()).get("/").text

    assert "data-history" in ours.get("/").text
    assert "data-history" not in plain
    assert alike(wishing.get("/", {"scenario": "flash"}).text) != alike(plain)
    assert alike(presenting.get("/").text) != alike(plain)
    assert alike(Visitor(app.test_client()).get("/").text) == alike(plain)


def test_a_page_shows_the_address_that_it_was_asked_at(app: Flask) -> None:
    """The request that is shown would lead back there."""

    long = ".".join(["l" * 60] * 3)
    usual, below = "http://localhost:8000", "http://localhost:8000/below"
    secure = "https://localhost:8000"
    for origin in (usual, "http://127.0.0.1:9000", below, secure, f"http://{long}", usual):
        shown = app.test_client().get("/", base_url=origin).text
        assert f"{origin}/return/{hidden(shown, 'ticket')}" in shown
        assert f'action="{urlsplit(origin).path}/"' in shown


def test_a_page_speaks_the_language_that_it_was_asked_in(app: Flask) -> None:
    """Whatever the visitor before has been shown."""
    for language, words in (("en", "Set up"), ("zh", "设置"), ("en", "Set up")):
        assert f"<h1>{words}" in Visitor(app.test_client(), language).get("/").text


def test_many_addresses_leave_few_pages_behind() -> None:
    """A visitor may invent them."""
    pages = ReadyPages({"name": 4}, most=3)
    for number in range(50):
        pages.page(number, lambda: f"page of {pages.marks['name']}")

    assert len(pages) == 3


def test_blanks_are_filled_as_they_are_and_nothing_else_is() -> None:
    """What is filled in is no pattern, and may look like another blank."""
    pages = ReadyPages({"one": 16, "two": 16})
    one, two = pages.marks["one"], pages.marks["two"]

    def fill(**filling: str) -> str:
        page = pages.page("", lambda: f"{one}|{two}|{one}|end")
        assert gzip.decompress(page.packed(filling)).decode() == page.filled(filling)
        return page.filled(filling)

    assert fill(one="\\1", two="b") == "\\1|b|\\1|end"
    assert fill(one=two, two="c") == f"{two}|c|{two}|end"


def test_a_page_is_made_anew_after_its_time_by_one_alone() -> None:
    """Meanwhile the others go on with the old one."""
    clock = Clock()
    pages = ReadyPages({"name": 4}, lasts=5, clock=clock)
    made: list[str] = []

    def make() -> str:
        made.append(pages.page("", lambda: "never").filled({}) if made else "")
        return f"page {len(made)}"

    seen = []
    for _ in range(4):
        seen.append(pages.page("", make).filled({}))
        clock.move(2.5)

    assert seen == ["page 1", "page 1", "page 2", "page 2"]
    assert made == ["", "page 1"]


def test_a_page_that_cannot_be_made_is_not_kept() -> None:
    """The next caller tries again."""
    pages = ReadyPages({"name": 4})

    with pytest.raises(ZeroDivisionError):
        pages.page("", lambda: str(1 // 0))
    assert pages.page("", lambda: "made").filled({}) == "made"
