"""Pages for what goes wrong outside a check: each says what to do, none can fail."""

import logging
from typing import Final

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from .client import Crowded
from .limits import OverLimit
from .logs import new_reference
from .store import StoreUnavailable

log = logging.getLogger(__name__)

SENTENCES: Final[dict[int, tuple[LazyString, LazyString]]] = {
    404: (
        _("There is no such page"),
        _("The address may be cut short or out of date. Begin again from the start."),
    ),
    405: (
        _("This address cannot be opened like that"),
        _("It belongs to a button. Begin again from the start."),
    ),
    413: (
        _("That was too much at once"),
        _("What was sent is larger than any form of this demo. Nothing was started."),
    ),
    503: (
        _("The demo cannot keep its notes just now"),
        _(
            "Nothing was lost that had been kept, and nothing was started. Try again "
            "in a moment."
        ),
    ),
    500: (
        _("Something went wrong on our side"),
        _("Try again in a moment. If it stays so, pass on the reference below."),
    ),
}
CROWDED: Final = (
    _("Many checks are under way just now"),
    _("Nothing was sent to the service, and nothing is lost. Try again in a moment."),
)
OVER: Final = (
    _("No more checks just now"),
    _("Nothing was sent to the service, and nothing was charged."),
)
OUTDATED: Final = (
    _("This page was open for too long"),
    _("Its button no longer counts. Go back, reload the page and press it again."),
)
# Fixed, for where the ordinary page fails: under a Host that can be none, nothing has an
# address.
PLAIN: Final = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>No answer · 无法回应</title>
  <link rel="stylesheet" href="/static/css/demo.css">
</head>
<body>
  <main id="main" class="wrap">
    <h1>No answer can be given · <span lang="zh-CN">无法回应</span></h1>
    <p class="lead">Nothing was started. <a href="/">Begin again from the start.</a></p>
    <p class="lead" lang="zh-CN">没有开始任何检测。<a href="/">请从头开始。</a></p>
  </main>
</body>
</html>
"""
ORDINARY: Final = (
    _("That request could not be understood"),
    _("Nothing was started. Begin again from the start."),
)


def init_app(app: Flask) -> None:
    """Answer every failure with a page of our own and a line in the log."""

    @app.errorhandler(CSRFError)
    def outdated(error: CSRFError) -> ResponseReturnValue:
        return page(error.code or 400, OUTDATED)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        # Redirects and ready-made answers are exceptions to werkzeug as well.
        if code < 400 or error.response is not None:
            return error
        return page(code, SENTENCES.get(code, ORDINARY))

    @app.errorhandler(StoreUnavailable)
    def no_store(error: StoreUnavailable) -> ResponseReturnValue:
        reference = new_reference()
        log.error("store unavailable: %s", error, extra={"reference": reference})
        body, code = page(503, SENTENCES[503], reference)
        return body, code, {"Retry-After": "5"}

    @app.errorhandler(Crowded)
    def crowded(error: Crowded) -> ResponseReturnValue:
        # What a button has sent cannot be opened again: there is the way back for that.
        again = request.full_path.rstrip("?") if request.method == "GET" else ""
        body, code = page(503, CROWDED, again=again)
        return body, code, {"Retry-After": str(error.retry_after)}

    @app.errorhandler(OverLimit)
    def over(error: OverLimit) -> ResponseReturnValue:
        # Not the form, which says so itself and keeps what was chosen: a step of the
        # tutorial, whose page has the address of its button.
        body, code = page(429, OVER, again=request.path, over=error)
        return body, code, {"Retry-After": str(error.retry_after)}

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        reference = new_reference()
        log.error("unexpected failure", exc_info=error, extra={"reference": reference})
        return page(InternalServerError.code, SENTENCES[500], reference)

    def page(
        code: int,
        words: tuple[LazyString, LazyString],
        reference: str = "",
        *,
        again: str = "",
        over: OverLimit | None = None,
    ) -> tuple[str, int]:
        title, lead = words
        try:
            html = render_template(
                "error.html",
                title=title,
                lead=lead,
                reference=reference,
                again=again,
                over=over,
            )
        except Exception as error:
            said = {"failure": repr(error), "reference": reference or new_reference()}
            log.error("no page for a failure", extra=said)
            return PLAIN, code
        return html, code
