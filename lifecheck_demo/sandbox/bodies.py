"""Bodies that come in chunks, without their length: taken whole or refused."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


def measured(app: Wsgi, most: int) -> Wsgi:
    """*app*, which is told the length of every body: of a larger one, *most* and one byte.

    Limits are held against a declared length. Where none is declared, werkzeug would cut
    the body at the limit without a word, in the middle of a value.
    """

    def called(environ: Environ, start: Any) -> Iterable[bytes]:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            # With it, a declared length would not be believed.
            del environ["HTTP_TRANSFER_ENCODING"]
            body = environ["wsgi.input"].read(most + 1)
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return app(environ, start)

    return called
