"""A crowd of browsers in a process of its own: walks journeys and counts what fails.

    python -m benchmarks.crowd < plan.json > found.json

A plan is one of

    {"do": "journeys", "at": ADDRESS, "visitors": N, "seconds": S}   or "journeys": TOTAL
    {"do": "pages", "at": ADDRESS, "paths": [...], "every": S, "seconds": S}
    {"do": "trouble", "at": ADDRESS, "visitors": N, "over": S, "paths": [...],
     "every": S, "seconds": S, "set": URL, "heal": URL}

A journey is form, button, camera page, way back, result page, each as a browser would
ask for it: with the cookies it was given, the form's token, gzip, a kept connection. It
counts when the result page says *passed*; all else is a failure, told by its step.
"""

import asyncio
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

# Longer than anything may take: whoever waits so long counts as not answered.
PATIENCE_SECONDS = 30.0
HIDDEN = re.compile(
    r'<input type="hidden" name="(csrf_token|ticket|actions)" value="([^"]*)"'
)
OUTCOME = re.compile(r'data-outcome="([^"]+)"')
HEADERS = (
    "Accept: text/html\r\nAccept-Encoding: gzip\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
)


class Failed(Exception):
    """A step that did not go as it should; the words say which and how."""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, unpacked."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class Connection:
    """One kept connection to an origin."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, head: str, body: bytes) -> tuple[Answer, list[str]]:
        """The answer and the cookies it sets; a connection that was closed is made anew."""
        kept = self._pair is not None
        try:
            return await self._ask(head, body)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.close()
            # What browsers do: a kept connection may have been closed meanwhile.
            if not kept or getattr(error, "partial", b""):
                raise
            return await self._ask(head, body)
        except BaseException:
            self.close()
            raise

    async def _ask(self, head: str, body: bytes) -> tuple[Answer, list[str]]:
        if self._pair is None:
            self._pair = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._pair
        writer.write(f"{head}Host: {self._host}:{self._port}\r\n\r\n".encode() + body)
        first, *lines = (
            (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        )
        headers: dict[str, str] = {}
        cookies = []
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                cookies.append(value.strip())
            headers[name.lower()] = value.strip()
        status = int(first.split(" ")[1])
        came = await self._body(reader, status, headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, came), cookies

    async def _body(
        self, reader: asyncio.StreamReader, status: int, headers: dict[str, str]
    ) -> bytes:
        if "chunked" in headers.get("transfer-encoding", ""):
            pieces = []
            while size := int(await reader.readline(), 16):
                pieces.append(await reader.readexactly(size))
                await reader.readline()
            await reader.readline()
            return b"".join(pieces)
        if "content-length" in headers:
            return await reader.readexactly(int(headers["content-length"]))
        if status in {204, 304}:
            return b""
        self.close()
        return await reader.read()

    def close(self) -> None:
        """End it."""
        if self._pair:
            self._pair[1].close()
            self._pair = None


@dataclass
class Browser:
    """One visitor's: connections and cookies."""

    at: str
    connections: dict[str, Connection] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def open(self, address: str, form: dict[str, str] | None = None) -> Answer:
        """Open *address*, or send *form* to it; redirects are not followed."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else self.at
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body = urlencode(form).encode() if form is not None else b""
        head = f"{'GET' if form is None else 'POST'} {target} HTTP/1.1\r\n{HEADERS}"
        if form is not None:
            head += "Content-Type: application/x-www-form-urlencoded\r\n"
            head += f"Content-Length: {len(body)}\r\n"
        if self.cookies and origin == self.at:
            pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            head += f"Cookie: {pairs}\r\n"
        if origin not in self.connections:
            self.connections[origin] = Connection(origin)
        asked = self.connections[origin].ask(head, body)
        answer, cookies = await asyncio.wait_for(asked, PATIENCE_SECONDS)
        if origin == self.at:
            for cookie in cookies:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
        return answer

    def close(self) -> None:
        """Leave."""
        for connection in self.connections.values():
            connection.close()


async def step(name: str, asked: Awaitable[Answer], *expected: int) -> Answer:
    """What *asked* brings, if it is as *expected*; raises `Failed`."""
    try:
        answer = await asked
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        raise Failed(f"{name}: {type(error).__name__}") from error
    if answer.status not in expected:
        raise Failed(f"{name}: {answer.status}")
    return answer


async def arrive(browser: Browser) -> dict[str, str]:
    """Open the form; what its button sends."""
    page = await step("form", browser.open("/"), 200)
    return {name: unescape(value) for name, value in HIDDEN.findall(page.text)} | {
        "actions": "LookFront"
    }


async def journey(browser: Browser) -> dict[str, float]:
    """One check from form to result; the seconds of each step. Raises `Failed`."""
    spent: dict[str, float] = {}

    async def timed(name: str, asked: Awaitable[Answer], expected: int) -> Answer:
        began = time.perf_counter()
        answer = await step(name, asked, expected)
        spent[name] = time.perf_counter() - began
        return answer

    began = time.perf_counter()
    form = await arrive(browser)
    spent["form"] = time.perf_counter() - began
    started = await timed("start", browser.open("/", form), 303)
    camera = started.headers["location"]
    if urlsplit(camera).netloc in {"", urlsplit(browser.at).netloc}:
        raise Failed("start: not led to the camera page")
    seen = await timed("camera", browser.open(camera), 302)
    back = await timed("return", browser.open(seen.headers["location"]), 303)
    page = await timed("result", browser.open(back.headers["location"]), 200)
    told = OUTCOME.search(page.text)
    if not told or told[1] != "passed":
        raise Failed(f"result: {told[1] if told else 'no outcome'}")
    return spent


async def journeys(plan: dict[str, Any]) -> dict[str, Any]:
    """So many at a time: as soon as one has seen the result, somebody new comes."""
    failures: Counter[str] = Counter()
    times: list[dict[str, float]] = []
    began = time.perf_counter()
    left = plan.get("journeys", sys.maxsize)
    end = began + plan["seconds"] if "seconds" in plan else float("inf")

    async def visitor() -> None:
        nonlocal left
        while left > 0 and time.perf_counter() < end:
            left -= 1
            browser = Browser(plan["at"])
            try:
                times.append(await journey(browser))
            except Failed as failed:
                failures[str(failed)] += 1
                # Whoever was refused does not ask again at once.
                await asyncio.sleep(0.2)
            finally:
                browser.close()

    await asyncio.gather(*(visitor() for _ in range(plan["visitors"])))
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "passed": len(times),
        "failures": failures,
        "times": {name: [t[name] for t in times] for name in (times[0] if times else ())},
    }


async def pages(plan: dict[str, Any], over: asyncio.Event | None = None) -> dict[str, Any]:
    """Each path asked for every so often, by somebody new each time, until it is *over*."""
    found: dict[str, dict[str, Any]] = {
        path: {"asked": 0, "seconds": [], "failures": Counter()} for path in plan["paths"]
    }
    tasks: list[asyncio.Task[None]] = []

    async def look(path: str) -> None:
        browser, began = Browser(plan["at"]), time.perf_counter()
        try:
            await step(path, browser.open(path), 200)
            found[path]["seconds"].append(time.perf_counter() - began)
        except Failed as failed:
            found[path]["failures"][str(failed)] += 1
        finally:
            browser.close()

    end = time.perf_counter() + plan["seconds"]
    while time.perf_counter() < end and not (over and over.is_set()):
        for path in plan["paths"]:
            found[path]["asked"] += 1
            tasks.append(asyncio.create_task(look(path)))
        await asyncio.sleep(plan["every"])
    await asyncio.gather(*tasks)
    return found


async def trouble(plan: dict[str, Any]) -> dict[str, Any]:
    """The same throng twice: before a healthy vendor, then while it is in trouble."""
    healthy = await throng(plan)
    await order(plan["set"])
    troubled = await throng(plan)
    await order(plan["heal"])
    healed = time.perf_counter()
    while (told := await try_again(plan["at"])) != "camera":
        if time.perf_counter() - healed > PATIENCE_SECONDS:
            raise RuntimeError(f"it does not recover: {told}")
        await asyncio.sleep(0.05)
    recovery = time.perf_counter() - healed
    return {"healthy": healthy, "troubled": troubled, "recovery": recovery}


async def throng(plan: dict[str, Any]) -> dict[str, Any]:
    """Visitors with the form open press its button, while others open pages."""
    browsers = [Browser(plan["at"]) for _ in range(plan["visitors"])]
    forms = []
    for browser in browsers:
        forms.append(await arrive(browser))
        browser.close()
    # Processor time that is still owed for them.
    await asyncio.sleep(0.5)

    async def press(number: int) -> tuple[str, float]:
        await asyncio.sleep(plan["over"] * number / len(browsers))
        browser, began = browsers[number], time.perf_counter()
        try:
            told = await ending_of(browser, forms[number])
        except Failed as failed:
            told = f"failed: {failed}"
        finally:
            browser.close()
        return told, time.perf_counter() - began

    over = asyncio.Event()
    looking = asyncio.create_task(pages(plan, over))
    starts = await asyncio.gather(*(press(number) for number in range(len(browsers))))
    over.set()
    return {"pages": await looking, "starts": starts}


async def ending_of(browser: Browser, form: dict[str, str]) -> str:
    """How a start ended: *camera*, *told to come back*, or the outcome that a page told."""
    answer = await step("start", browser.open("/", form), 303, 503)
    if answer.status == 503:
        if not answer.headers.get("retry-after", "").isdigit():
            raise Failed("start: 503 without the seconds to wait")
        return "told to come back"
    where = answer.headers["location"]
    if urlsplit(where).netloc not in {"", urlsplit(browser.at).netloc}:
        return "camera"
    page = await step("outcome", browser.open(where), 200)
    told = OUTCOME.search(page.text)
    if not told:
        raise Failed("outcome: none told")
    return told[1]


async def try_again(at: str) -> str:
    """One more start by somebody new."""
    browser = Browser(at)
    try:
        return await ending_of(browser, await arrive(browser))
    except Failed as failed:
        return str(failed)
    finally:
        browser.close()


async def order(url: str) -> None:
    """Tell the vendor what to do."""
    parts = urlsplit(url)
    browser = Browser(f"{parts.scheme}://{parts.netloc}")
    await step("order", browser.open(url), 200)
    browser.close()


DO: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "journeys": journeys,
    "pages": pages,
    "trouble": trouble,
}


def percentile(values: Iterable[float], share: float) -> float:
    """The value that so many in a hundred do not exceed; infinite when there is none."""
    ordered = sorted(values)
    if not ordered:
        return float("inf")
    return ordered[min(int(len(ordered) * share / 100), len(ordered) - 1)]


async def main() -> None:
    plan = json.load(sys.stdin)
    json.dump(await DO[plan["do"]](plan), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
