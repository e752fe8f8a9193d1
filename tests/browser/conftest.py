"""A real gunicorn, a real Chromium, and a camera that shows a real face."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.film import write_film
from tools.find_browser import FLAGS
from tools.serving import serving


@pytest.fixture(name="address", scope="session")
def _address() -> Iterator[str]:
    """The demo on a free port, two workers that share one state."""
    # Tests that follow each other are no hall: nobody waits for those before.
    with serving(workers=2, threads=8, SANDBOX_PLACES="50") as address:
        yield address


@pytest.fixture(name="camera_file", scope="session")
def _camera_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a real face, for Chromium's camera."""
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    write_film(path)
    return path


@pytest.fixture(name="browser", scope="session")
def _browser(camera_file: Path) -> Iterator[Browser]:
    """The Chromium that `make test` found, with the face before its camera."""
    path = os.environ.get("LIFECHECK_BROWSER")
    if not path:
        pytest.fail("LIFECHECK_BROWSER names no Chromium: run the tests with make test")
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera_file}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(name="context")
def _context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh visitor; `@pytest.mark.parametrize("wishes", [{…}])` says what kind."""
    wishes = {"locale": "en-GB", "permissions": ["camera"]}
    if "wishes" in request.fixturenames:
        wishes |= request.getfixturevalue("wishes")
    context = browser.new_context(**wishes)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture(name="page")
def _page(context: BrowserContext) -> Page:
    """A page on which a refused script or a failed request of our own is an error."""
    return context.new_page()
