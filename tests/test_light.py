"""What a host gets that installs requirements.txt alone: no picture is ever read."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A module that is None in sys.modules can be neither imported nor found.
WITHOUT_VISION = "import sys; sys.modules['numpy'] = sys.modules['cv2'] = None\n"
SANDBOX = """
from pathlib import Path
from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from tests.conftest import Visitor, outcome_of, token_of

app = create_app(Settings.from_environment({"LIFECHECK_INSTANCE": sys.argv[1]}))
visitor = Visitor(app.test_client())
camera_page = visitor.start()
page = visitor.get(camera_page).text
assert "pip install -r requirements-sandbox.txt" in page
assert "data-start" not in page
form = {"token": token_of(camera_page), "consent": "1"}
for address in ("begin", "frame"):
    answer = visitor.post(f"/sandbox/lifecheck/v2/check/{address}", form)
    assert (answer.status_code, answer.json["error"]) == (503, "camera-not-installed")
assert outcome_of(visitor.come_back(visitor.finish(camera_page, "passed"))) == "passed"
"""
LIVE = """
from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings

environ = {
    "LIFECHECK_INSTANCE": sys.argv[1],
    "LIFECHECK_INIT_URL": "https://vendor.example/init",
    "LIFECHECK_RESULT_URL": "https://vendor.example/result",
    "LIFECHECK_AUTH": "none",
}
app = create_app(Settings.from_environment(environ))
assert app.test_client().get("/").status_code == 200
"""


@pytest.mark.parametrize("script", [SANDBOX, LIVE], ids=["sandbox", "live"])
def test_it_runs_without_the_packages_that_read_pictures(
    tmp_path: Path, script: str
) -> None:
    """The camera says what to type; the chooser works; nobody passes unjudged."""
    command = [sys.executable, "-c", WITHOUT_VISION + script, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
