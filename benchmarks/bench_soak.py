"""Half an hour of mixed traffic in a minute and a half: nothing may grow.

    python -m benchmarks.bench_soak [--seconds S]

One server as deployed, on its sandbox, and visitors of every kind: those who pass, fail,
leave, come too late, change their mind, hand over to a phone, take the tutorial, stand
before a camera, and those who send nonsense. Meanwhile time goes twenty times as fast for
whatever is kept: with each second its end comes nineteen more nearer. What lives for
twenty minutes is then gone after one; that minute warms up. The time after it is split
in two halves, of which the later may hold no more than the earlier.
"""

import argparse
import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin

import cv2
import requests

from benchmarks.contenders import row
from benchmarks.processes import megabytes, tree
from tools.film import frame
from tools.serving import Server, a_server

PART = "soak"
SECONDS, WARM_UP, VISITORS, FASTER = 120.0, 60.0, 6, 20
DAY = 24 * 3600
# Longer than any answer may take: who waits so long was not answered.
PATIENCE_SECONDS = 30
# What is past its time is taken away every five seconds.
CLEANED_WITHIN = 20
CHECK = "/sandbox/lifecheck/v2/check"
ENDINGS = ("passed", "202-hijack", "202-actions", "202-face", "203-permission")
# Faults that are told at once; those that never answer would only make others wait.
FAULTS = ("init-500", "init-604", "init-400", "init-aliyun-throttled", "result-not-json")
NONSENSE = (
    {"actions": "Smile"},
    {"colors": "123456,zz", "actions": "LookFront"},
    {"colors": "FFFFFF,000000", "actions": "LookFront"},
    {"return_mode": "mini-program", "return_path": "//a.example"},
    {"actions": "LookFront" * 3000},
    {"what_if": "no-such-fault"},
    {"csrf_token": "forged", "actions": "LookFront"},
)
PAGES = ("/", "/codes", "/learn", "/learn/init", "/learn/faults", "/privacy", "/healthz")
ODD_PAGES = ("/nothing", "/check/AAAAAAAAAAAAAAAA", "/return/x?token=%00", f"{CHECK}/index")
# Of the demo's records those that count calls are nobody's; of the sandbox's checks the
# row itself stays for a day.
SHORT_LIVED = {
    "state.sqlite": "SELECT count(*) FROM records WHERE key NOT GLOB 'calls*' "
    "AND key NOT GLOB 'quota*'",
    "sandbox/checks.sqlite": "SELECT (SELECT count(*) FROM runs) "
    "+ (SELECT count(*) FROM samples) + (SELECT count(*) FROM photos) "
    "+ (SELECT count(*) FROM reports)",
}
OF_A_DAY = {"sandbox/checks.sqlite": "SELECT count(*) FROM checks"}


class Unanswered(Exception):
    """A 500, or something that is no answer to what was asked."""


def rows(seconds: float = SECONDS) -> list[dict[str, Any]]:
    """What grew, as later / earlier, and what was left behind."""
    with TemporaryDirectory() as temporary, a_server({"TMPDIR": temporary}) as server:
        soak = Soak(server, Path(temporary))
        soak.run(WARM_UP)
        halves = [soak.run(max(20.0, seconds - WARM_UP) / 2) for _ in range(2)]
        left = soak.a_day_later()
    for told, times in soak.failures.most_common(5):
        print(f"  {times} x {told}", flush=True)

    def grew(name: str, of: Callable[["Sample"], float]) -> dict[str, Any]:
        earlier, later = (mean(map(of, samples)) for samples in halves)
        return row(PART, f"{name}, later / earlier", later / earlier, at_most=1.05)

    return [
        grew("memory", lambda one: one.memory),
        grew("open files", lambda one: one.files),
        grew("threads", lambda one: one.threads),
        grew("rows that live for minutes", lambda one: one.rows),
        row(PART, "rows of any visitor, a day later", left, at_most=0),
        row(PART, "temporary files at any time", soak.temporary_files, at_most=0),
        row(PART, "visits without a proper answer", soak.failures.total(), at_most=0),
        row(PART, f"visits of {len(soak.visits)} kinds", soak.visits.total()),
        row(PART, "minutes that have passed for what is kept", soak.passed / 60),
    ]


@dataclass(frozen=True)
class Sample:
    """All processes of the server at one moment; memory in MB."""

    memory: float
    files: int
    threads: int
    rows: int


@dataclass
class Soak:
    """A server, its visitors, and what was seen of both."""

    server: Server
    temporary: Path
    visits: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    temporary_files: int = 0
    passed: float = 0.0

    def run(self, seconds: float) -> list[Sample]:
        """Let them come for so long, and look at the server each second."""
        over = threading.Event()
        visitors = [
            threading.Thread(target=self._visits, args=(n, over)) for n in range(VISITORS)
        ]
        for one in visitors:
            one.start()
        samples: list[Sample] = []
        began = last = time.monotonic()
        try:
            while last < began + seconds:
                time.sleep(1)
                now = time.monotonic()
                self._grow_older((now - last) * (FASTER - 1))
                self.passed += (now - last) * FASTER
                last = now
                samples.append(self._look())
        finally:
            over.set()
            for one in visitors:
                one.join()
        return samples

    def a_day_later(self) -> int:
        """How many rows are left then, once the server had its time to clean."""
        self._grow_older(DAY)
        end = time.monotonic() + CLEANED_WITHIN
        while self._count(SHORT_LIVED, OF_A_DAY) and time.monotonic() < end:
            time.sleep(0.5)
        return self._count(SHORT_LIVED, OF_A_DAY)

    def _visits(self, number: int, over: threading.Event) -> None:
        """One visitor after the other, each with a browser of its own."""
        chance = random.Random(f"{number} {self.visits.total()}")
        while not over.is_set():
            scene = chance.choices(list(SCENES), list(SCENES.values()))[0]
            self.visits[scene.__name__] += 1
            try:
                with requests.Session() as session:
                    scene(Browser(self.server.address, session, chance))
            except (requests.RequestException, Unanswered) as error:
                self.failures[f"{scene.__name__}: {error}"[:200]] += 1

    def _grow_older(self, seconds: float) -> None:
        """Let all that is kept be older by so much."""
        clock = f"{self.server.address}/sandbox/control/clock"
        requests.post(clock, json={"seconds": seconds}, timeout=PATIENCE_SECONDS)
        with closing(self._opened("state.sqlite")) as db, db:
            db.execute("UPDATE records SET until = until - ?", (seconds,))

    def _look(self) -> Sample:
        pids = tree(self.server.process.pid)
        left = sum(1 for _ in self.temporary.rglob("*"))
        self.temporary_files = max(self.temporary_files, left)
        return Sample(
            megabytes(self.server.process.pid),
            sum(entries(f"/proc/{pid}/fd") for pid in pids),
            sum(entries(f"/proc/{pid}/task") for pid in pids),
            self._count(SHORT_LIVED),
        )

    def _count(self, *counts: dict[str, str]) -> int:
        total = 0
        for name, query in (pair for count in counts for pair in count.items()):
            with closing(self._opened(name)) as db:
                total += db.execute(query).fetchone()[0]
        return total

    def _opened(self, name: str) -> sqlite3.Connection:
        return sqlite3.connect(self.server.folder / name, timeout=PATIENCE_SECONDS)


def entries(folder: str) -> int:
    """How many there are; none where the process has just ended."""
    with suppress(OSError):
        return sum(1 for _ in Path(folder).iterdir())
    return 0


@dataclass
class Browser:
    """One visitor; raises `Unanswered` where a page is a 500."""

    address: str
    session: requests.Session
    chance: random.Random

    def get(self, path: str) -> requests.Response:
        """Open an address and go where it leads."""
        return self._asked("GET", path)

    def post(self, path: str, form: dict[str, str], **more: Any) -> requests.Response:
        """Press a button and go where it leads."""
        return self._asked("POST", path, data=form, **more)

    def start(self, **wishes: str) -> tuple[requests.Response, str]:
        """Begin a check: the page it leads to, and the token if there is one."""
        form = {"csrf_token": hidden(self.get("/"), "csrf_token"), "actions": "LookFront"}
        page = self.post("/", {**form, **wishes})
        found = re.search(r"token=([\w-]+)", page.url)
        return page, found[1] if found else ""

    def choose(self, token: str, ending: str) -> requests.Response:
        """An ending on the camera page, and the page it leads to."""
        return self.post(f"{CHECK}/outcome", {"token": token, "outcome": ending})

    def _asked(self, method: str, path: str, **more: Any) -> requests.Response:
        address = urljoin(self.address, path)
        answer = self.session.request(method, address, timeout=PATIENCE_SECONDS, **more)
        # That too much is going on may be said, and is said politely.
        if answer.status_code >= 500 and "Retry-After" not in answer.headers:
            raise Unanswered(f"{method} {path.partition('?')[0]}: {answer.status_code}")
        return answer


def hidden(page: requests.Response, name: str) -> str:
    """The value of a hidden field; raises `Unanswered`."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    if not found:
        raise Unanswered(f"{page.url.partition('?')[0]} has no {name}")
    return found[1]


# What visitors do


def chooses_an_ending(browser: Browser) -> None:
    """The whole journey, without a camera."""
    _, token = browser.start()
    ended = browser.choose(token, browser.chance.choice(ENDINGS))
    photo = re.search(r'src="(/check/[\w-]+/photo)"', ended.text)
    if photo:
        browser.get(photo[1])
    browser.get(ended.url + "/evidence.json")


def changes_their_mind(browser: Browser) -> None:
    """Forgets the check, before or after its end."""
    _, token = browser.start()
    page = browser.choose(token, browser.chance.choice(("passed", "202-face")))
    browser.post(f"{page.url}/forget", {"csrf_token": hidden(page, "csrf_token")})


def leaves(browser: Browser) -> None:
    """Is never seen again."""
    _, token = browser.start()
    if browser.chance.random() < 0.5:
        browser.choose(token, "leave")


def comes_too_late(browser: Browser) -> None:
    """Its time is over before anything has happened."""
    _, token = browser.start()
    browser.choose(token, "expire")
    browser.get(f"{CHECK}/index?token={token}")


def meets_a_fault(browser: Browser) -> None:
    """Of the service, on purpose."""
    _, token = browser.start(what_if=browser.chance.choice(FAULTS))
    if token:
        browser.choose(token, "passed")


def sends_nonsense(browser: Browser) -> None:
    """And is told what is wrong with it."""
    form = {"csrf_token": hidden(browser.get("/"), "csrf_token")}
    browser.post("/", {**form, **browser.chance.choice(NONSENSE)})
    browser.get(browser.chance.choice(ODD_PAGES))
    noise = browser.chance.randbytes(browser.chance.choice((10, 70_000)))
    browser.post(browser.chance.choice(("/", f"{CHECK}/begin")), {}, files={"x": noise})


def looks_around(browser: Browser) -> None:
    """Pages, and all that they load."""
    page = browser.get(browser.chance.choice(PAGES))
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        browser.get(path)


def hands_over_to_a_phone(browser: Browser) -> None:
    """The first screen waits, the phone does the check."""
    code, _ = browser.start(on_phone="1")
    key = re.search(r"/phone/[\w-]{22}", code.text)
    if not key:
        raise Unanswered("no code for a phone")
    with requests.Session() as session:
        phone = Browser(browser.address, session, browser.chance)
        ready = phone.get(key[0])
        camera = phone.post(key[0], {"csrf_token": hidden(ready, "csrf_token")})
        browser.get(code.url.replace("/phone", "/news"))
        token = camera.url.partition("token=")[2]
        phone.choose(token, browser.chance.choice(ENDINGS))
    browser.get(code.url.replace("/phone", ""))


def learns(browser: Browser) -> None:
    """A step of the tutorial with its call."""
    page = browser.get("/learn/init")
    form = {"csrf_token": hidden(page, "csrf_token"), "example": "flash"}
    browser.post("/learn/init", form)
    browser.get("/learn/camera")


def stands_before_the_camera(browser: Browser) -> None:
    """For some pictures; then they stop, pick an ending, or are gone."""
    _, token = browser.start()
    said = {"token": token, "consent": "1", "camera": "{}"}
    run = browser.post(f"{CHECK}/begin", said).json().get("run", "")
    for seq, picture in enumerate(pictures()):
        told = {"token": token, "run": run, "seq": str(seq), "captured": str(seq * 100)}
        browser.post(f"{CHECK}/frame", told, files={"frame": ("f.jpg", picture)})
    match browser.chance.randrange(3):
        case 0:
            browser.post(f"{CHECK}/stop", {"token": token, "run": run})
        case 1:
            browser.choose(token, "passed")


@cache
def pictures() -> tuple[bytes, ...]:
    """What a camera sees in its first half second, as the page sends it."""
    small = [cv2.resize(frame(n / 10), (320, 240)) for n in range(6)]
    return tuple(cv2.imencode(".jpg", one)[1].tobytes() for one in small)


# How often each comes, in shares of all.
SCENES: dict[Callable[[Browser], None], int] = {
    chooses_an_ending: 30,
    changes_their_mind: 10,
    leaves: 10,
    comes_too_late: 6,
    meets_a_fault: 8,
    sends_nonsense: 8,
    looks_around: 12,
    hands_over_to_a_phone: 6,
    learns: 4,
    stands_before_the_camera: 6,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Nothing may grow.")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    for one in rows(parser.parse_args().seconds):
        verdict = {True: "met", False: "NOT MET", None: ""}[one["met"]]
        measured = f"{one['measured']:.4g}"
        print(f"{one['name']:<45} {one['target']:<8} {measured:<9} {verdict}")


if __name__ == "__main__":
    main()
