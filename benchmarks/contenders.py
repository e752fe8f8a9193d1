"""What the parts of the bench set up: vendor, demo, yardstick, and a crowd before them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tools.serving import ROOT, Server, a_server

# Longer than any plan: a crowd that is still there then is lost.
LONGEST_SECONDS = 600
LIMITS = ("LIMIT_PER_VISITOR", "LIMIT_PER_ADDRESS", "LIMIT_PER_HOUR", "LIMIT_PER_DAY")
YARDSTICK_OPTIONS = ("--config", "python:benchmarks.no_configuration")


@dataclass(frozen=True)
class LoopbackVendor:
    """A vendor in a process of its own."""

    address: str
    controls: str

    def order(self, *, delay: float = 0.0, trouble: str = "") -> str:
        """The address that sets it so."""
        return f"{self.controls}/set?delay={delay}&trouble={trouble}"

    def set(self, *, delay: float = 0.0, trouble: str = "") -> None:
        """Set it so now."""
        urlopen(self.order(delay=delay, trouble=trouble), timeout=10).close()

    def counts(self) -> dict[str, int]:
        """How often init and result were asked for."""
        with urlopen(f"{self.controls}/counts", timeout=10) as answer:
            return json.load(answer)  # type: ignore[no-any-return]


@contextmanager
def a_vendor() -> Iterator[LoopbackVendor]:
    """It, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.loopback_vendor"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            port, controls = process.stdout.readline().split()
            at = "http://127.0.0.1"
            yield LoopbackVendor(f"{at}:{port}", f"{at}:{controls}")
        finally:
            process.stdin.close()


def settings_for(vendor: LoopbackVendor) -> dict[str, str]:
    """The demo's settings for that vendor, as a live one."""
    return {
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_H5_URL": f"{vendor.address}/check/index",
        "LIFECHECK_AUTH": "none",
        # Counted as ever, and never reached.
        **dict.fromkeys(LIMITS, "1000000"),
    }


@contextmanager
def the_demo(
    vendor: LoopbackVendor,
    *,
    workers: int | None = None,
    folder: Path | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """The demo on that vendor, served as `gunicorn.conf.py` says."""
    settings = {**settings_for(vendor), **(more or {})}
    options = ("--log-level", "info")
    with a_server(settings, workers=workers, folder=folder, options=options) as server:
        yield server


@contextmanager
def the_yardstick(
    vendor: LoopbackVendor, *, workers: int = 1, threads: int = 64
) -> Iterator[Server]:
    """Bare Flask on that vendor; gunicorn's own defaults but for workers and threads."""
    with a_server(
        {"YARDSTICK_VENDOR": vendor.address},
        workers=workers,
        threads=threads,
        options=(*YARDSTICK_OPTIONS, "--worker-class", "gthread", "--preload"),
        app="benchmarks.yardstick:app",
        ready_at="/",
    ) as server:
        yield server


def crowd(**plan: Any) -> dict[str, Any]:
    """What a crowd with that plan found; see `benchmarks/crowd.py`."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowd"],
        cwd=ROOT,
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"the crowd failed: {done.stderr}")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def row(
    part: str,
    name: str,
    measured: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> dict[str, Any]:
    """A row of the table: one number against its limit; without a limit it only tells."""
    met, target = None, "told"
    if at_least is not None:
        met, target = measured >= at_least, f">= {at_least:g}"
    if at_most is not None:
        met, target = measured <= at_most, f"<= {at_most:g}"
    return {"part": part, "name": name, "target": target, "measured": measured, "met": met}
