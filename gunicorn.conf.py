"""How the demo is served, wherever it is: gunicorn reads this file by itself.

An option on its command line overrules what stands here. Only the address does not: it
is given where the server is started (`make run`, `Procfile`). What was measured, and how
to measure it again, is in `benchmarks/README.md`.
"""

import contextlib
import gc
import os
import resource
import sys
from typing import Any

from lifecheck_demo.settings import Settings, SettingsError, announcement

try:
    told = Settings.from_environment()
except SettingsError as error:
    # Here, where nothing is under way yet, it is one line; later it would be a traceback.
    sys.exit(f"The demo cannot start. {error}")

# A check is a wait for the vendor: half a second and more, against a few milliseconds of
# work. Threads wait cheaply, and need no patching of the libraries as gevent does.
worker_class = "gthread"

# One Python process uses one core. A machine with many is seldom here for this demo
# alone: more than eight have to be asked for.
cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
workers = int(os.environ.get("WEB_CONCURRENCY") or min(cores, 8))

# A hall of 200 presses the button in the same minute, and now and then one worker accepts
# nearly all of them: with 64 threads visitors stood in the queue, with 192 some were
# refused. Threads that are not needed are not begun. `lifecheck_demo/client/places.py`
# divides them: 208 for calls to the vendor, 24 for those who wait, 24 for everybody else.
threads = 256

# The application is loaded once, before the workers are forked: they begin at once and
# share its memory. Nothing in it may open a file, a connection or a thread before.
preload_app = True

# Connections in a worker, those that are kept open for their next request included:
# beyond it, whoever comes waits in the queue of the system, which is `backlog` long.
worker_connections = 1000
backlog = 1024

# A form is read for some seconds before its button is pressed: a kept connection spares
# the visitor two trips then. A proxy that keeps its own for longer needs more than it has.
keepalive = 15

# A call to the vendor ends within eight seconds, and one may be waited for: whoever has
# begun is served before a worker stops.
graceful_timeout = 12

# The file by which a worker says that it lives. On a disk that hangs it would be killed.
if os.access("/dev/shm", os.W_OK):
    worker_tmp_dir = "/dev/shm"

# A request's first line, its headers, each of them: twice what a browser sends here, with
# a cookie as large as cookies get. Bodies have their limits in the application.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# No header says what this server is: a proxy on this computer passes on what visitors
# send. PUBLIC_URL says the scheme and the host.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# Nothing listens but the address that was asked for (gunicorn 25.1 and later).
control_socket_disable = True

loglevel = "warning"


def on_starting(_server: Any) -> None:
    """Let this process and its workers open as many files as they may.

    A thousand connections need a thousand, and many systems begin with so few.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = 8192 if most == resource.RLIM_INFINITY else min(most, 8192)
    if enough > resource.getrlimit(resource.RLIMIT_NOFILE)[0]:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def post_worker_init(worker: Any) -> None:
    """Let what is past its time be taken away, even if nobody calls."""
    worker.wsgi.extensions["cleaning"].begin()


def when_ready(server: Any) -> None:
    """Say where the demo is, once it can be opened there."""
    # What is loaded stays: a collector that looks at it would copy it into each worker.
    gc.collect()
    gc.freeze()
    # Requests leave few circles behind: looked for seldom, they cost a hundredth less.
    gc.set_threshold(20_000)
    sys.stdout.write(announcement(told, str(server.LISTENERS[0])) + "\n")
    sys.stdout.flush()
