"""Starts a sandbox in a thread for an integrator's own tests, and presses its controls."""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from . import create_sandbox

PATIENCE_SECONDS: Final = 10
# How often the server looks whether it is to stop, in seconds.
POLL_SECONDS: Final = 0.02
THREAD: Final = "lifecheck-sandbox"


class ControlRefused(AssertionError):
    """A control said no; carries its answer, whose `en` says what to do next.

    An assertion that failed: the test has asked for something that cannot be.
    """

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        super().__init__(f"{status} {answer.get('error')}: {answer.get('en')}")
        self.status = status
        self.answer = answer


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that answers at *base*: the addresses to configure, and its controls."""

    base: str
    control_key: str = ""

    @property
    def init_url(self) -> str:
        """Where the code under test begins a check."""
        return f"{self.base}/lifecheck/v2/init"

    @property
    def result_url(self) -> str:
        """Where it asks for the result."""
        return f"{self.base}/lifecheck/v2/result"

    @property
    def h5_url(self) -> str:
        """The camera page, where it sends the browser with `?token=`."""
        return f"{self.base}/lifecheck/v2/check/index"

    @property
    def openapi_url(self) -> str:
        """The description of all of it."""
        return f"{self.base}/openapi.json"

    def finish(self, token: str, outcome: str = "passed") -> str | None:
        """End a check as its camera page would; the answer is where that leads.

        None where nobody is sent back (`leave`, `expire`). Raises `ControlRefused`.
        """
        said = self._press(f"{_check(token)}/finish", outcome=outcome)
        return None if said["redirect"] is None else str(said["redirect"])

    def check(self, token: str) -> dict[str, Any]:
        """Its `state`, `outcome`, `queries`, `age_seconds` and more."""
        return self._call(_check(token))

    def checks(self) -> list[dict[str, Any]]:
        """The latest hundred, newest first: for a token that the code keeps to itself."""
        return list(self._call("checks")["checks"])

    def meter(self) -> dict[str, Any]:
        """How often init and result were called since the last reset, and the answers."""
        return self._call("meter")

    def reset(self) -> None:
        """Take everything away, and put the clock back."""
        self._press("reset")

    def move_clock(self, seconds: float) -> None:
        """Let time pass for every check."""
        self._press("clock", seconds=seconds)

    def age(self, token: str, seconds: float) -> None:
        """Let time pass for one check."""
        self._press(f"{_check(token)}/age", seconds=seconds)

    def _press(self, control: str, **body: Any) -> dict[str, Any]:
        return self._call(control, json.dumps(body).encode())

    def _call(self, control: str, body: bytes | None = None) -> dict[str, Any]:
        request = Request(f"{self.base}/control/{control}", data=body)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        if self.control_key:
            request.add_header("Authorization", f"Bearer {self.control_key}")
        # A proxy that the environment names has no way to this computer.
        opener = build_opener(ProxyHandler({}))
        nobody = (
            f"No sandbox answers at {self.base}: start one, and name its address with "
            "/sandbox at the end."
        )
        try:
            with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                return dict(json.load(answer))
        except HTTPError as error:
            with error:
                try:
                    said = json.load(error)
                except ValueError:
                    said = {"error": "no-sandbox", "en": nobody}
                raise ControlRefused(error.code, said) from None
        except (URLError, ValueError) as error:
            raise ControlRefused(0, {"error": "no-sandbox", "en": nobody}) from error


def _check(token: str) -> str:
    return f"checks/{quote(token, safe='')}"


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request into the output of the tests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@contextmanager
def running_sandbox(
    *, port: int = 0, control_key: str = "", **more: Any
) -> Iterator[RunningSandbox]:
    """A sandbox of its own on 127.0.0.1, on a free port unless one is named.

    Its state is in a temporary folder, which is gone afterwards. What else
    `create_sandbox` takes is handed on.
    """
    with tempfile.TemporaryDirectory(prefix="lifecheck-sandbox-") as folder:
        sandbox = create_sandbox(
            data=Path(folder),
            control_key=control_key,
            control_by_loopback=not control_key,
            **more,
        )
        app = DispatcherMiddleware(NotFound(), {"/sandbox": sandbox})
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), name=THREAD, daemon=True
        )
        thread.start()
        try:
            yield RunningSandbox(f"http://127.0.0.1:{server.port}/sandbox", control_key)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
