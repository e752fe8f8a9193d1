"""The short-lived store: what several workers may do to it at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from lifecheck_demo.store import Store
from tests.conftest import Clock


def test_many_workers_may_open_a_new_store_at_the_same_moment(tmp_path: Path) -> None:
    """Each start of a server on a fresh folder is such a moment."""
    workers, rounds = 8, 60
    with ThreadPoolExecutor(workers) as pool:
        for number in range(rounds):
            path, together = tmp_path / f"{number}.sqlite", Barrier(workers)

            def open_it(
                worker: int, path: Path = path, together: Barrier = together
            ) -> None:
                store = Store(path)
                together.wait()
                store.put(str(worker), {"worker": worker}, 60)

            list(pool.map(open_it, range(workers)))
            assert Store(path).get("7") == {"worker": 7}


def test_a_record_ends_with_its_time_and_a_lease_is_for_one(
    tmp_path: Path, clock: Clock
) -> None:
    """Until then it is shared by everybody who opens the file."""
    one, two = (Store(tmp_path / "state.sqlite", clock=clock) for _ in range(2))
    one.put("check", {"asked": 1}, 60)

    assert two.get("check") == {"asked": 1}
    assert [one.lease("asking", 5), two.lease("asking", 5)] == [True, False]
    clock.move(60)
    assert two.get("check") is None
    assert two.lease("asking", 5)


def test_what_is_wiped_is_in_no_file_any_more(tmp_path: Path, clock: Clock) -> None:
    """Neither in the table nor in the log beside it."""
    store = Store(tmp_path / "state.sqlite", clock=clock)
    store.put("phone:a", {"token": "T-0123456789-secret"}, 60)
    store.put("phone:b", {"token": "another"}, 60)

    def holds(text: bytes) -> bool:
        return any(text in path.read_bytes() for path in tmp_path.iterdir())

    assert holds(b"T-0123456789-secret")

    store.wipe("phone:a")

    assert not holds(b"T-0123456789-secret")
    assert store.get("phone:b") == {"token": "another"}
