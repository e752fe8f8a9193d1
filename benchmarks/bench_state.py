"""What a check costs where its state is kept: round trips, bytes, memory, processor."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.contenders import a_vendor, crowd, row, the_demo
from benchmarks.processes import cpu_seconds
from tests.redis_server import RedisServer, a_redis
from tools.find_redis import installed

PART = "state"
VISITORS, WARM, JOURNEYS = 8, 50, 400


def rows() -> list[dict[str, Any]]:
    """Whole journeys on a vendor of loopback, the state in Redis and then in SQLite.

    Nothing here has a limit: these are the units to reckon with.
    """
    if not installed():
        raise ImportError("there is no redis-server here (tools/find_redis.py)")
    with a_redis() as redis:
        return [*in_redis(redis), *in_sqlite()]


def in_redis(redis: RedisServer) -> list[dict[str, Any]]:
    """Redis's own counters before and after, by journey."""
    with (
        a_vendor() as vendor,
        the_demo(vendor, more={"STATE_URL": redis.url}) as demo,
        redis.talk() as talk,
    ):
        walk(demo.address, WARM)
        before, began = talk.info("all"), cpu_seconds(demo.process.pid)
        walk(demo.address, JOURNEYS)
        after, ended = talk.info("all"), cpu_seconds(demo.process.pid)

    def each(*names: str) -> float:
        return float(sum(after[name] - before[name] for name in names)) / JOURNEYS

    told = {
        "CPU a journey with Redis, ms": 1000 * (ended - began) / JOURNEYS,
        "round trips to Redis a journey": each("total_reads_processed"),
        "commands in Redis a journey": each("total_commands_processed"),
        "KB to and from Redis a journey": each(
            "total_net_input_bytes", "total_net_output_bytes"
        )
        / 1024,
        "Redis's own CPU a journey, ms": 1000 * each("used_cpu_user", "used_cpu_sys"),
        "KB kept in Redis a check": each("used_memory") / 1024,
    }
    return [row(PART, name, measured) for name, measured in told.items()]


def in_sqlite() -> list[dict[str, Any]]:
    """The same journeys with the embedded file."""
    with a_vendor() as vendor, the_demo(vendor) as demo:
        walk(demo.address, WARM)
        before, began = stored_in(demo.folder), cpu_seconds(demo.process.pid)
        walk(demo.address, JOURNEYS)
        after, ended = stored_in(demo.folder), cpu_seconds(demo.process.pid)
    return [
        row(PART, "CPU a journey with SQLite, ms", 1000 * (ended - began) / JOURNEYS),
        row(PART, "KB kept in SQLite a check", (after - before) / JOURNEYS / 1024),
    ]


def stored_in(folder: Path) -> int:
    """Bytes of all records and their keys."""
    with closing(sqlite3.connect(folder / "state.sqlite")) as db:
        question = "SELECT sum(length(key) + length(CAST(value AS BLOB))) FROM records"
        return int(db.execute(question).fetchone()[0])


def walk(address: str, journeys: int) -> None:
    """So many whole journeys; raises RuntimeError if one failed."""
    found = crowd(do="journeys", at=address, visitors=VISITORS, journeys=journeys)
    if found["failures"]:
        raise RuntimeError(f"journeys failed: {found['failures']}")
