"""What judging costs a worker, how many can be judged at once, and what pages feel of it.

A gunicorn as deployed, and visitors who post a filmed face over HTTP at the pace that the
sandbox asks for, three pictures under way at the most, as the camera page does. They share
this machine's cores with it. Stages are measured in this process, on one core.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from random import Random
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode, urlsplit

import cv2

from benchmarks.bench import print_table
from benchmarks.contenders import row
from benchmarks.processes import megabytes
from lifecheck_demo.sandbox import PLACES_FOR_A_CORE
from lifecheck_demo.sandbox.aside import cores
from lifecheck_demo.sandbox.frames import read_frame
from lifecheck_demo.sandbox.judge import CameraFacts, Meter, Sample, judge, measure
from lifecheck_demo.sandbox.plan import draw_plan
from tools.film import SECONDS, frame
from tools.serving import Server, a_server

PART = "judge"
# What the sandbox is to keep for its visitors, in milliseconds.
LIMIT = 300.0
FPS = 10
UNDER_WAY = 3
STEP_SECONDS = 7.0
# What is tried, fewest first; then between the last that kept the limit and the next.
LADDER = (4, 8, 16, 32)
PAGES_A_SECOND = 25
CHECK = "/sandbox/lifecheck/v2/check"
BOUNDARY = "----benchmark"


def rows() -> list[dict[str, Any]]:
    """Stages, memory, how many at once, and the form under full load."""
    return [*stages(), *load()]


# One core


def stages() -> Iterator[dict[str, Any]]:
    """Processor time of each stage of a frame, medians, and of a whole silent check."""
    meter, spent = Meter(), Stages()
    films = film()[:80]
    samples = []
    with spent.watched(meter):
        for number, picture in enumerate(films):
            began = time.thread_time()
            pixels = read_frame(picture)
            spent.add("decode", began)
            began = time.thread_time()
            measured = meter.measure(pixels, eyes=True)
            spent.add("all of measuring", began)
            at = number / FPS
            samples.append(Sample(number, at, at, 0, "", measured))
    frame_ms = spent.ms("decode") + spent.ms("all of measuring")
    parts = ("decode", "detect", "landmarks", "iris", "colour")
    for part in parts:
        yield row(PART, f"{part}, ms a frame on one core", spent.ms(part))
    others = frame_ms - sum(spent.ms(part) for part in parts)
    yield row(PART, "the rest of a frame, ms on one core", others)
    yield row(PART, "a frame in all, ms on one core", frame_ms)
    plan = draw_plan((), (), Random(1))
    verdicts = []
    for seed in range(5):
        began = time.thread_time()
        judge(plan, samples[:60], [], CameraFacts(), random=Random(seed))
        verdicts.append(1000 * (time.thread_time() - began))
    yield row(PART, "the verdict on 60 frames, ms on one core", median(verdicts))
    yield row(
        PART, "a check of 60 frames, ms on one core", 60 * frame_ms + median(verdicts)
    )


class Stages:
    """Seconds of this thread's processor time, by stage."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}

    def add(self, stage: str, began: float) -> None:
        """What has passed since *began* belongs to *stage*."""
        self.spent.setdefault(stage, []).append(time.thread_time() - began)

    def ms(self, stage: str) -> float:
        """Milliseconds in the median."""
        return 1000 * median(self.spent[stage])

    @contextmanager
    def watched(self, meter: Meter) -> Iterator[None]:
        """The parts of *meter* under a clock."""
        for stage, owner, name in (
            ("detect", meter, "_boxes"),
            ("landmarks", meter, "_points"),
            ("iris", meter, "_eyes"),
            ("colour", measure, "_colours"),
        ):
            setattr(owner, name, self._timed(stage, getattr(owner, name)))
        yield

    def _timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            began = time.thread_time()
            try:
                return work(*args)
            finally:
                self.add(stage, began)

        return timed


@cache
def film() -> list[bytes]:
    """A face that blinks and sways, as the page would send it."""
    pictures = []
    for number in range(SECONDS * FPS):
        small = cv2.resize(frame(number / FPS), (320, 240), interpolation=cv2.INTER_AREA)
        _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])
        pictures.append(jpeg.tobytes())
    return pictures


# Over HTTP


def load() -> Iterator[dict[str, Any]]:
    """On one gunicorn: memory, the most visitors, and the form while places are taken."""
    film()
    with a_server({"SANDBOX_PLACES": "200"}) as server:
        workers = server.workers()
        before = [megabytes(pid) for pid in workers]
        tried: dict[int, Hall] = {}
        most = most_at_once(server.address, tried)
        after = [megabytes(pid) for pid in workers]
        yield row(
            PART,
            "memory that judging adds to a worker, MB",
            max(b - a for a, b in zip(before, after, strict=True)),
        )
        places = PLACES_FOR_A_CORE * cores()
        yield row(
            PART,
            f"judged at once, guidance p95 < {LIMIT:.0f} ms",
            float(most),
            at_least=float(places),
        )
        for visitors, hall in sorted(tried.items()):
            yield row(PART, f"guidance p95 with {visitors}, ms", hall.p95)
            yield row(PART, f"told to come later with {visitors}, share", hall.refused)
        yield from page_rows(server, places)


def most_at_once(address: str, tried: dict[int, "Hall"]) -> int:
    """The most visitors of those tried whose guidance keeps the limit."""
    most = 0
    for visitors in LADDER:
        tried[visitors] = judged(address, visitors)
        if tried[visitors].p95 >= LIMIT:
            break
        most = visitors
    else:
        return most
    low, high = most, visitors
    while high - low > 2:
        middle = (low + high) // 2
        tried[middle] = judged(address, middle)
        if tried[middle].p95 < LIMIT:
            low = middle
        else:
            high = middle
    return low


def page_rows(server: Server, places: int) -> Iterator[dict[str, Any]]:
    """The form while every place is taken, beside nobody there; in turns."""
    idle: list[float] = []
    full: list[float] = []
    # In a process of its own, or it would wait for the visitors' threads here.
    asking = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with asking, ThreadPoolExecutor(1) as beside:
        asking.submit(pages, server.address, 1.0).result()
        for _ in range(2):
            idle += asking.submit(pages, server.address, STEP_SECONDS).result()
            running = beside.submit(judged, server.address, places, STEP_SECONDS + 2)
            # Runs have begun, and are judged.
            time.sleep(1)
            full += asking.submit(pages, server.address, STEP_SECONDS).result()
            running.result()
    alone, beside_them = percentile(idle, 99), percentile(full, 99)
    yield row(PART, "GET / p99 idle, ms", alone)
    yield row(PART, f"GET / p99 while {places} are judged, ms", beside_them)
    ratio = beside_them / alone
    yield row(PART, f"GET / p99 while {places} are judged / idle", ratio, at_most=3.0)


def pages(address: str, seconds: float) -> list[float]:
    """Milliseconds of the form, asked for at a steady pace over a kept connection."""
    wire = connected(address)
    took = []
    begin = time.perf_counter()
    for number in range(int(seconds * PAGES_A_SECOND)):
        due = begin + number / PAGES_A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        wire.request("GET", "/")
        answer = wire.getresponse()
        answer.read()
        # From when it was due: a slow one holds up the next.
        took.append(1000 * (time.perf_counter() - due))
        if answer.status != 200:
            raise RuntimeError(f"GET / answered {answer.status}")
    wire.close()
    return took


class Hall:
    """What visitors who were judged at the same time have seen."""

    def __init__(self) -> None:
        self.told: list[float] = []
        self.states: Counter[str] = Counter()

    @property
    def p95(self) -> float:
        """Milliseconds from sending a picture to its guidance."""
        return percentile(self.told, 95)

    @property
    def refused(self) -> float:
        """The share of pictures that were told to come later."""
        return self.states["busy"] / max(1, self.states.total())


def judged(address: str, visitors: int, seconds: float = STEP_SECONDS) -> Hall:
    """Let so many be judged for that long, one check after another."""
    hall, end = Hall(), time.perf_counter() + seconds
    with ThreadPoolExecutor(visitors) as pool:
        list(pool.map(lambda n: Visitor(address, n, hall, end).stay(), range(visitors)))
    strange = set(hall.states) - {"running", "done", "busy", "ended", "out-of-order"}
    if strange:
        raise RuntimeError(f"answers of a kind that should not be: {strange}")
    return hall


class Visitor:
    """One check after another, each with pictures of the film from another place."""

    def __init__(self, address: str, number: int, hall: Hall, end: float) -> None:
        self._address = address
        self._hall = hall
        self._end = end
        self._first = 37 * number
        # Not all on the same beat.
        self._offset = number * 0.017 % (1 / FPS)

    def stay(self) -> None:
        """Until the end."""
        wire = connected(self._address)
        with ThreadPoolExecutor(UNDER_WAY) as cameras:
            while time.perf_counter() < self._end:
                token = started(wire)
                form = {"token": token, "consent": "1", "camera": "{}"}
                begun = asked(wire, f"{CHECK}/begin", form)
                Run(self, token, begun["run"]).go(cameras)
                asked(wire, f"{CHECK}/stop", {"token": token, "run": begun["run"]})
        wire.close()


class Run:
    """One run; its pictures are sent by several threads, each with a connection."""

    def __init__(self, visitor: Visitor, token: str, run: str) -> None:
        self._visitor = visitor
        self._token = token
        self._run = run
        self._lock = threading.Lock()
        self._seq = 0
        self._begun = time.perf_counter() + visitor._offset
        self._due = self._begun
        self._pause = 1 / FPS
        self._over = False

    def go(self, cameras: ThreadPoolExecutor) -> None:
        """Until it is judged, or the time is over."""
        for sent in [cameras.submit(self._send) for _ in range(UNDER_WAY)]:
            sent.result()

    def _next(self) -> tuple[int, float] | None:
        """A number and when to send it; late ones are dropped, as the page does."""
        with self._lock:
            if self._over or self._due > self._visitor._end:
                return None
            seq, due = self._seq, max(self._due, time.perf_counter())
            self._seq, self._due = seq + 1, due + self._pause
            return seq, due

    def _send(self) -> None:
        wire = connected(self._visitor._address)
        hall = self._visitor._hall
        while (upcoming := self._next()) is not None:
            seq, due = upcoming
            time.sleep(max(0.0, due - time.perf_counter()))
            sent = time.perf_counter()
            picture = film()[(self._visitor._first + seq) % len(film())]
            form = {
                "token": self._token,
                "run": self._run,
                "seq": str(seq),
                "captured": str(1000 * (sent - self._begun)),
            }
            said = posted(wire, f"{CHECK}/frame", form, picture)
            state = said.get("error") or said["state"]
            hall.states[state] += 1
            if state == "busy":
                with self._lock:
                    self._due = time.perf_counter() + said["retry_after"]
            elif state == "done":
                self._over = True
            elif state == "running":
                hall.told.append(1000 * (time.perf_counter() - sent))
                self._pause = 1 / said["fps"]
        wire.close()


def connected(address: str) -> http.client.HTTPConnection:
    """A connection that is kept."""
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)


def started(wire: http.client.HTTPConnection) -> str:
    """The token of a silent check."""
    said = asked(wire, "/sandbox/lifecheck/v2/init", {"returnUrl": "https://a.example/"})
    return str(said["data"]["token"])


def asked(
    wire: http.client.HTTPConnection, path: str, form: Mapping[str, str]
) -> dict[str, Any]:
    """The answer to a form."""
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    return _answer(wire, path, urlencode(form).encode(), head)


def posted(
    wire: http.client.HTTPConnection, path: str, form: Mapping[str, str], picture: bytes
) -> dict[str, Any]:
    """The answer to a form with a picture."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form.items()
    ]
    file = 'Content-Disposition: form-data; name="frame"; filename="frame.jpg"'
    parts.append(f"--{BOUNDARY}\r\n{file}\r\nContent-Type: image/jpeg\r\n\r\n")
    body = "".join(parts).encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    head = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return _answer(wire, path, body, head)


def _answer(
    wire: http.client.HTTPConnection, path: str, body: bytes, head: Mapping[str, str]
) -> dict[str, Any]:
    wire.request("POST", path, body, dict(head))
    return dict(json.loads(wire.getresponse().read()))


def percentile(values: list[float], percent: int) -> float:
    """The value that so many in a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    print_table(rows())
