"""Looks whether a host can be spoken to, and what time it has: no call to the API."""

import http.client
import socket
import ssl
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

MOST_BODY: Final = 4096


class Trouble(StrEnum):
    """How far the way to a host leads; empty when it leads there."""

    NONE = ""
    NAME = "name"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    TLS = "tls"
    HTTP = "http"


@dataclass(frozen=True)
class Probe:
    """What a look at a host brought; `date` is its clock in seconds since the epoch."""

    trouble: Trouble = Trouble.NONE
    status: int | None = None
    date: float | None = None
    body: bytes = b""


def probe(origin: str, *, path: str = "", seconds: float = 5.0) -> Probe:
    """Look at *origin* (scheme and host): at *path*, or only at its headers.

    Without a path the root is asked for by HEAD and without any credential, which no
    gateway takes for a call of an API: nothing is billed. The environment's proxies
    are left aside, as the client leaves them.
    """
    parts = urlsplit(origin)
    host, port = parts.hostname or "", parts.port
    secure = parts.scheme == "https"
    connection = (
        http.client.HTTPSConnection(
            host, port, timeout=seconds, context=ssl.create_default_context()
        )
        if secure
        else http.client.HTTPConnection(host, port, timeout=seconds)
    )
    try:
        connection.request("GET" if path else "HEAD", path or "/")
        answer = connection.getresponse()
        return Probe(
            status=answer.status,
            date=_moment(answer.getheader("Date", "")),
            body=answer.read(MOST_BODY) if path else b"",
        )
    except socket.gaierror:
        return Probe(Trouble.NAME)
    except ssl.SSLCertVerificationError:
        return Probe(Trouble.CERTIFICATE)
    except ssl.SSLError:
        return Probe(Trouble.TLS)
    except http.client.HTTPException:
        return Probe(Trouble.HTTP)
    except (OSError, UnicodeError):
        return Probe(Trouble.CONNECTION)
    finally:
        connection.close()


def _moment(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
