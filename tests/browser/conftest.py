"""A real gunicorn, a real Chromium, and a camera that shows a real face."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.film import write_film
from tools.find_browser import FLAGS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(name="log", scope="session")
def _log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo and its sandbox say, a JSON object a line."""
    return tmp_path_factory.mktemp("log") / "app.log"


@pytest.fixture(name="address", scope="session")
def _address(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Iterator[str]:
    """The demo on a free port, two workers that share one state."""
    folder = tmp_path_factory.mktemp("instance")
    said = folder / "gunicorn.log"
    command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "8"]
    command += ["--bind", "127.0.0.1:0", "--error-logfile", str(said), "wsgi:app"]
    environment = {**os.environ, "LIFECHECK_INSTANCE": str(folder)}
    for name in ("PUBLIC_URL", "LIFECHECK_INIT_URL", "LIFECHECK_RESULT_URL"):
        environment.pop(name, None)
    with (
        log.open("w") as lines,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=lines) as server,
    ):
        try:
            yield _when_ready(said)
        finally:
            server.terminate()


def _when_ready(said: Path) -> str:
    """The address that gunicorn names, as soon as it answers there."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        lines = said.read_text().splitlines() if said.exists() else []
        named = [
            line.split(": ")[1].split(" ")[0] for line in lines if "Listening at" in line
        ]
        try:
            if named:
                urlopen(f"{named[0]}/healthz").close()
                return named[0]
        except URLError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"gunicorn did not start: {said.read_text()}")


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
