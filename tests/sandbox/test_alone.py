"""The sandbox run alone, as an integrator in another language runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from tests.conftest import Visitor, outcome_of, token_of


@contextmanager
def alone() -> Iterator[dict[str, str]]:
    """The sandbox in a process of its own; yields what it says to configure."""
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            yield dict(process.stdout.readline().strip().split("=", 1) for _ in range(4))
        finally:
            process.terminate()


def test_it_runs_with_one_command_and_says_what_to_configure() -> None:
    """Real HTTP, from init to the result."""
    with alone() as said:
        address = said["LIFECHECK_INIT_URL"]
        init = requests.post(address, {"returnUrl": "http://127.0.0.1/x"}, timeout=5).json()
        result = requests.post(said["LIFECHECK_RESULT_URL"], init["data"], timeout=5).json()
        page = requests.get(said["LIFECHECK_H5_URL"], init["data"], timeout=5)

    assert said["LIFECHECK_AUTH"] == "none"
    assert result["code"] == 201
    assert page.status_code == 200


def test_the_demo_configured_for_it_walks_the_whole_journey(tmp_path: Path) -> None:
    """As a live vendor: real HTTP, another origin, and the photo through our own page."""
    with alone() as said:
        environ = {**said, "LIFECHECK_INSTANCE": str(tmp_path)}
        app = create_app(Settings.from_environment(environ))
        visitor = Visitor(app.test_client())
        camera_page = visitor.start()
        requests.get(camera_page, timeout=5)
        answer = requests.post(
            said["LIFECHECK_H5_URL"].replace("index", "outcome"),
            {"token": token_of(camera_page), "outcome": "passed"},
            allow_redirects=False,
            timeout=5,
        )
        page = visitor.come_back(answer.headers["Location"])
        photo = visitor.get(f"{page.request.path}/photo")

    assert camera_page.startswith(said["LIFECHECK_H5_URL"])
    assert outcome_of(page) == "passed"
    assert photo.mimetype == "image/jpeg"


def test_its_temporary_state_goes_with_it(tmp_path: Path) -> None:
    """There may be faces in it; a service manager ends it with a signal."""
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0"]
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
    ) as alone:
        try:
            assert alone.stdout
            address = alone.stdout.readline().strip().split("=", 1)[1]
            requests.post(address, {"returnUrl": "http://127.0.0.1/"}, timeout=5)
            assert [path.name for path in tmp_path.glob("*/*.sqlite")]
        finally:
            alone.terminate()
        alone.wait(10)

    assert not list(tmp_path.iterdir())
