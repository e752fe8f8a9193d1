"""The vendor as we imitate it: a WSGI app of its own that knows nothing of the demo."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from .api import create_api, envelope
from .camera import create_camera
from .checks import CheckBook, StateUnavailable

log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024


def create_sandbox(
    *,
    data: Path,
    clock: Callable[[], float] = time.time,
    random: Random | None = None,
) -> Flask:
    """The sandbox, with its state in the folder *data*.

    It sets no cookies: it may stand under the host of an app that has one.
    `app.extensions["sandbox"]` is its `CheckBook`, whose `forget(token)` takes a check
    and its photo away at once.
    """
    random = random or SystemRandom()
    book = CheckBook(data, clock=clock)
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_PARTS=20)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = book
    app.register_blueprint(create_api(book, random=random))
    app.register_blueprint(create_camera(book, clock=clock, random=random))

    @app.errorhandler(StateUnavailable)
    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response | HTTPException:
        code = error.code if isinstance(error, HTTPException) else None
        # A redirect is an exception to werkzeug as well.
        if isinstance(error, HTTPException) and (code or 500) < 400:
            return error
        if code and code < 500:
            answer = jsonify(error="too-big" if code == 413 else "not-found")
            answer.status_code = code
            return answer
        log.error("sandbox failed on %s", request.path, exc_info=error)
        answer = envelope(500, "系统维护，请稍候再试", random)
        if not request.path.endswith(("/init", "/result")):
            answer.status_code = 503
        return answer

    @app.after_request
    def close_caches(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return app
