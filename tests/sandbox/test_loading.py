"""What a process loads, and when: the judge's libraries only once a camera runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ["cv2", "numpy"]
# Run in a process of its own: here the tests have loaded everything already.
PAGES = """
import json, os, re, sys
from lifecheck_demo import create_app
loaded = lambda: [name for name in ("cv2", "numpy") if name in sys.modules]
found = {"import": loaded()}
visitor = create_app().test_client()
found["create_app"] = loaded()
form = visitor.get("/").text
found["GET /"] = loaded()
csrf = re.search(r'name="csrf_token" value="([^"]+)"', form).group(1)
camera = visitor.post("/", data={"csrf_token": csrf, "actions": "LookFront"}).location
page = visitor.get(camera).text
assert "data-start" in page
found["GET the camera page"] = loaded()
"""
JUDGE = """
import json, os, sys
from lifecheck_demo.sandbox.judge import Meter
from lifecheck_demo.sandbox.runs import Runs
import cv2, numpy
big = numpy.ones((700, 700))
big @ big
Meter()
found = {"opencv": cv2.getNumThreads(), "all": len(os.listdir("/proc/self/task"))}
"""


def told_by(program: str, folder: Path) -> Any:
    """What a fresh process says that runs *program*."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{program}\nprint(json.dumps(found))"],
        cwd=ROOT,
        env={**os.environ, "LIFECHECK_INSTANCE": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_no_page_loads_what_frames_are_measured_with(tmp_path: Path) -> None:
    """A start is not held up by it, and a worker that judges nobody stays small."""
    loaded = told_by(PAGES, tmp_path)

    assert loaded == {place: [] for place in loaded}
    assert len(loaded) == 4


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted so")
def test_the_libraries_open_no_threads_of_their_own(tmp_path: Path) -> None:
    """Workers would fight over the cores: the one thread is the one that judges."""
    assert told_by(JUDGE, tmp_path) == {"opencv": 1, "all": 1}
