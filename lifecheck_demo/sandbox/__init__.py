"""The vendor as we imitate it: a WSGI app of its own that knows nothing of the demo."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from .api import create_api, envelope
from .aside import cores
from .assets import MOUNT, Assets
from .bodies import measured
from .camera import create_camera
from .checks import StateUnavailable, open_book
from .control import PREFIX as CONTROL
from .control import create_control, refusal
from .door import Door
from .guard import Guard
from .judged import create_judged
from .markets import MARKETS, Keys
from .meter import count_calls
from .openapi import create_openapi
from .pages import NO_PAGE, render, with_policy

log = logging.getLogger(__name__)

# Larger ones would be laid down in a temporary file, with a face in it.
LARGEST_BODY = 500 * 1000
# With more runs at once, visitors are told too late what to do (`benchmarks/README.md`).
PLACES_FOR_A_CORE = 2
# Versions of the vendor's API; from 2.1 on, init answers with the page's address too.
VERSIONS = ("2", "2.1")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TWO_YEARS = 2 * 365 * 24 * 3600
HSTS = {"Strict-Transport-Security": f"max-age={TWO_YEARS}"}
FOR_SERVERS = ("/init", "/result")
FOR_SCRIPTS = ("/begin", "/frame", "/place", "/stop")
# Fixed, so that the page that tells of a failure cannot fail itself.
BROKEN = """<!doctype html>
<html lang="zh-CN">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>沙箱暂时无法使用 · The sandbox cannot answer</title>
  <link rel="stylesheet" href="{css}">
</head>
<body>
  <main id="main"><section class="card narrow">
    <h1>沙箱暂时无法使用 · <span lang="en">The sandbox cannot answer</span></h1>
    <p class="lead">没有保存任何内容。请稍候刷新此页。</p>
    <p class="lead" lang="en">Nothing was stored. Reload this page in a moment.</p>
  </section></main>
</body>
</html>
"""


def create_sandbox(
    *,
    data: Path,
    state_url: str = "",
    clock: Callable[[], float] = time.time,
    random: Random | None = None,
    market: str = "none",
    credentials: Keys | None = None,
    version: str = "2",
    control_key: str = "",
    control_by_loopback: bool = True,
    public_url: str | None = None,
    privacy_page: str = "",
    judges: int = 1,
    places: int | None = None,
) -> Flask:
    """The sandbox, with its state in the folder *data*, or in the Redis at *state_url*.

    With the name of a *market* (as LIFECHECK_AUTH has it) its gateway stands before init
    and result and verifies *credentials*, by default `Keys()`: plainly fake ones. An
    unknown market or version is a `ValueError`.
    It sets no cookies: it may stand under the host of an app that has one.
    `app.extensions["sandbox"]` is its `CheckBook`, whose `forget(token)` takes a check
    and its photo away at once, and whose `find(token)` knows what was consented to.

    Its controls are for this computer, unless *control_by_loopback* is false (behind a
    proxy everybody comes from this computer), and for whoever has *control_key*.
    Raises `guard.WeakKey`. *public_url* is the origin where browsers reach it, if that
    is not the one that they ask for (a proxy may change that). *privacy_page* is the
    address where its host says what is kept; the question for consent leads there.

    So many threads of this process measure and judge: *judges*. With a worker for each
    core one is right; more on a machine would have them wait for each other. So many
    runs may be before the camera at once, over all that share the state: *places*, by
    default `PLACES_FOR_A_CORE` of this machine.
    """
    if market not in {"none", *MARKETS}:
        raise ValueError(f"market must be none or one of {', '.join(MARKETS)}: {market!r}")
    if version not in VERSIONS:
        raise ValueError(f"version must be one of {', '.join(VERSIONS)}: {version!r}")
    random = random or SystemRandom()
    book = open_book(data, state_url, clock=clock)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_PARTS=20,
        PUBLIC_ORIGIN=public_url,
        PRIVACY_PAGE=privacy_page,
    )
    app.wsgi_app = measured(  # type: ignore[assignment,method-assign]
        app.wsgi_app, LARGEST_BODY
    )
    https = (public_url or "").startswith("https:")
    always = {**ALWAYS, **(HSTS if https else {})}
    assets = Assets(Path(__file__).parent / "static", always)
    assets.init_app(app)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    # The order in which the document shows them.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = book
    api = create_api(book, random=random, version=version)
    door = None
    if market != "none":
        keys = credentials or Keys()
        door = Door(MARKETS[market], keys, book, clock=clock, random=random)
        door.guard(api)
    app.register_blueprint(api)
    app.register_blueprint(
        create_camera(
            book,
            clock=clock,
            random=random,
            judges=judges,
            places=places or PLACES_FOR_A_CORE * cores(),
        )
    )
    app.register_blueprint(create_judged(book))
    guard = Guard(control_key, by_loopback=control_by_loopback, origin=public_url)
    app.register_blueprint(create_control(book, guard, market=market))
    app.register_blueprint(create_openapi(market=market))
    count_calls(app, book)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response | HTTPException:
        code = error.code or 400
        # A redirect is an exception to werkzeug as well.
        if code < 400:
            return error
        if door and code in {404, 405} and to_gateway():
            return door.wrong_address()
        if request.path.startswith(f"{CONTROL}/"):
            answer = refusal({405: "method", 413: "too-big"}.get(code, "not-here"))
        elif request.path.endswith(FOR_SERVERS):
            answer = envelope(400, "参数错误：请求方式须为 POST", random)
            answer.headers["Allow"] = "POST"
        elif request.path.endswith(FOR_SCRIPTS):
            answer = jsonify(error="too-big" if code == 413 else "refused")
        else:
            kind = "unknown" if code == 404 else "bad-outcome"
            try:
                page = render("problem.html", kind=kind, back="", check=None)
            except Exception as failure:
                # Under a Host that can be none, nothing has an address.
                log.error("sandbox has no page: %r", failure)
                page = BROKEN.format(css=f"{request.script_root}/static/check.css")
            answer = with_policy(page, None)
        answer.status_code = code
        if isinstance(error, MethodNotAllowed):
            allowed = ", ".join(sorted(error.valid_methods or ()))
            answer.headers.setdefault("Allow", allowed)
        return answer

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        # Not the path, which may hold a token.
        known = isinstance(error, StateUnavailable)
        why = f": {error}" if known else ""
        said = f"sandbox failed on {request.endpoint}{why}"
        log.error(said, exc_info=None if known else error)
        g.broken = True
        if request.path.startswith(f"{CONTROL}/"):
            return refusal("unavailable")
        if request.path.endswith(FOR_SERVERS):
            return envelope(500, "系统维护，请稍候再试", random)
        if request.path.endswith(FOR_SCRIPTS):
            answer = jsonify(error="unavailable")
        else:
            page = BROKEN.format(css=assets.url("check.css"))
            answer = with_policy(page, None)
        answer.status_code = 503
        answer.headers["Retry-After"] = "5"
        return answer

    @app.after_request
    def close_caches(response: Response) -> Response:
        for name, value in {**always, **NO_PAGE}.items():
            response.headers.setdefault(name, value)
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def to_gateway() -> bool:
    """Whether it was init or result, or a program asks for what is no address at all.

    A browser wants pages, and says so; the controls are the sandbox's own.
    """
    if request.path.startswith(f"{CONTROL}/"):
        return False
    wants_page = "text/html" in request.headers.get("Accept", "")
    file = request.path.startswith(MOUNT)
    nowhere = request.endpoint is None and not wants_page and not file
    return request.path.endswith(FOR_SERVERS) or nowhere
