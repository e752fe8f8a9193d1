"""A vendor on real HTTP that answers exactly what a test wants it to."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.verify import Raw

TASK_NO = "043439882226367117195632"


@dataclass
class Vendor:
    """What it answers, and what it was asked."""

    address: str = ""
    init: Response | None = None
    result: Response | None = None
    script: Callable[[], Response | None] | None = None
    scripted: str = "result"
    asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = field(
        default_factory=list
    )
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = Request(environ)
        name = request.path.strip("/")
        body = request.get_data(as_text=True)
        self.asked.append((name, parse_qs(body), dict(request.headers)))
        self.queries.append(parse_qs(environ["QUERY_STRING"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.raw.append(
            Raw(request.method, request.path, environ["QUERY_STRING"], headers, body)
        )
        answer = self.init if name == "init" else self.result
        if self.script and name == self.scripted:
            answer = self.script()
        if answer is None:
            answer = (
                envelope(200, {"token": "T-0123456789"})
                if name == "init"
                else envelope(201)
            )
        return answer(environ, start)

    def calls(self, name: str) -> int:
        """How often an interface was called."""
        return sum(1 for asked, _, _ in self.asked if asked == name)


def envelope(code: object, data: object = None, *, status: int = 200) -> Response:
    """An answer in the vendor's own shape."""
    answer = {"code": code, "msg": f"msg of {code}", "taskNo": TASK_NO}
    if data is not None:
        answer["data"] = data
    return Response(json.dumps(answer), status, content_type="application/json")


@contextmanager
def running(tls: tuple[str, str] | None = None) -> Iterator[Vendor]:
    """A vendor on a free port of this computer; *tls* names a certificate and its key."""
    vendor = Vendor()
    server = make_server("127.0.0.1", 0, vendor, threaded=True, ssl_context=tls)
    vendor.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
