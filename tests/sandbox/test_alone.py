"""The sandbox run alone, as an integrator in another language runs it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests

from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from tests.conftest import Visitor, outcome_of, token_of

NEVER = {"Authorization": "APPCODE sandbox-init-never"}


@contextmanager
def alone(
    *options: str, lines: int = 4, log: int | IO[str] = subprocess.DEVNULL
) -> Iterator[dict[str, str]]:
    """The sandbox in a process of its own; yields what it says to configure.

    That is in its first *lines*; its own log goes to *log*.
    """
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:
        try:
            assert process.stdout
            printed = [process.stdout.readline().strip() for _ in range(lines)]
            settings = (line for line in printed if not line.startswith("#"))
            yield dict(line.split("=", 1) for line in settings)
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


def test_its_log_holds_no_credential_and_no_token(tmp_path: Path) -> None:
    """Both may travel in the address; of that the path alone is written down."""
    path = tmp_path / "log"
    with path.open("w") as log, alone("--market", "appcode", lines=5, log=log) as said:
        address = f"{said['LIFECHECK_INIT_URL']}?AppCode={said['LIFECHECK_APPCODE']}"
        form = {"returnUrl": "http://127.0.0.1/x"}
        token = requests.post(address, form, timeout=5).json()["data"]["token"]
        requests.get(said["LIFECHECK_H5_URL"], {"token": token}, timeout=5)
        odd(said["LIFECHECK_H5_URL"])
    written = path.read_text()

    assert '"POST /sandbox/lifecheck/v2/init" 200' in written
    assert '"GET /sandbox/lifecheck/v2/check/index" 200' in written
    assert token not in written
    assert said["LIFECHECK_APPCODE"] not in written
    assert "\\x1b[2J" in written
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", written)


def odd(address: str) -> None:
    """Ask for a path that would steer the terminal in which the log is read."""
    name, port = address.split("/")[2].split(":")
    with socket.create_connection((name, int(port)), 5) as line:
        line.sendall(b"GET /\x1b[2J\x9b HTTP/1.0\r\n\r\n")
        while line.recv(4096):
            pass


def test_it_says_where_the_rest_is() -> None:
    """What is printed after the settings are comments: all of it fits into an .env."""
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = [process.stdout.readline() for _ in range(8)]
            found = [re.search(r"http\S+/sandbox\S*?(?=,|$)", line) for line in said]
            addresses = [address.group() for address in found if address]
            answers = [requests.get(a, timeout=5).status_code for a in addresses]
        finally:
            process.terminate()

    assert all(re.match(r"LIFECHECK_[A-Z0-9_]+=|# ", line) for line in said)
    # Init and result want a POST, the camera page a token.
    assert [a.partition("/sandbox/")[2] for a in addresses] == [
        "lifecheck/v2/init",
        "lifecheck/v2/result",
        "lifecheck/v2/check/index",
        "openapi.json",
        "control/faults",
        "control/checks",
    ]
    assert answers == [405, 405, 404, 200, 200, 200]


def start_with(*words: str) -> tuple[int, str]:
    """What it ends with and complains of, where it cannot start."""
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--port", "70000"), "a number from 0 to 65535"),
        (("--port", "http"), "a number from 0 to 65535"),
        (("--port", "0", "--host", "192.0.2.1"), "Name an address of this computer"),
        (("--port", "0", "--host", "a b"), "Name an address of this computer"),
        (("--port", "0", "--data", __file__), "Name a folder that you may write to"),
        (("--port", "0", "--data", "/proc"), "Name a folder that you may write to"),
        (("--port", "0", "--control-key", "short"), "token_urlsafe"),
        (("--port", "0", "--control-key", ""), "it is empty"),
    ],
)
def test_what_cannot_be_had_is_told_in_a_sentence(
    words: tuple[str, ...], says: str
) -> None:
    """With what to type instead, and no stack trace."""
    code, last = start_with(*words)

    assert code == 2
    assert says in last


def test_a_port_that_is_taken_is_told() -> None:
    """And how to take another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        code, last = start_with("--port", number)

    assert code == 2
    assert f"--port {number} is taken" in last


def test_a_file_of_state_that_is_none_is_told(tmp_path: Path) -> None:
    """Before anybody meets a sandbox that cannot answer."""
    (tmp_path / "checks.sqlite").write_bytes(b"no database at all" * 100)
    code, last = start_with("--port", "0", "--data", str(tmp_path))

    assert code == 2
    assert "checks.sqlite cannot be used" in last


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_its_temporary_state_goes_with_it(tmp_path: Path, number: signal.Signals) -> None:
    """There may be faces in it; a service manager, a terminal or a key ends it.

    Also while somebody waits for an answer that never comes.
    """
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0"]
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environ,
        # Whoever runs the tests may have it ignored, in the background or under nohup.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as alone:
        try:
            assert alone.stdout
            address = alone.stdout.readline().strip().split("=", 1)[1]
            requests.post(address, {"returnUrl": "http://127.0.0.1/"}, timeout=5)
            assert [path.name for path in tmp_path.glob("*/*.sqlite")]
            with pytest.raises(requests.Timeout):
                requests.post(
                    address, {"returnUrl": "http://127.0.0.1/"}, headers=NEVER, timeout=0.5
                )
        finally:
            alone.send_signal(number)
        assert alone.wait(10) == 0

    assert not list(tmp_path.iterdir())
