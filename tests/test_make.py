"""The Makefile on a computer where the first try fails: the next one must not."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.serving import ROOT

# A Python that says it is of another version, and a pip that installs nothing.
PYTHON = f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    echo '#!/bin/sh' > "$3/bin/pip" && chmod +x "$3/bin/pip"
else
    exec {sys.executable} -c 'import sys; sys.version_info = (3, VERSION)
exec(sys.argv[1])' "$2"
fi
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """The Makefile and its lists alone, beside two Pythons: one too old, one not."""
    for name in ("Makefile", "requirements.txt", "requirements-sandbox.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for version in (9, 11):
        python = tmp_path / f"python3.{version}"
        python.write_text(PYTHON.replace("VERSION", str(version)))
        python.chmod(0o755)
    return tmp_path


def said(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What *command* says there, and how it ends."""
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_after_too_old_a_python_the_advice_leads_on(folder: Path) -> None:
    """The `.venv` that it has made would be found again, and be too old again."""
    failed = said(folder, "make .venv/run PYTHON=python3.9")
    advice = re.search(r"is needed: (.+)", failed.stderr)

    assert failed.returncode != 0
    assert advice is not None, failed.stderr
    mended = said(folder, advice[1].replace("make run", "make .venv/run"))
    assert mended.returncode == 0, mended.stderr
    assert (folder / ".venv/run").exists()


def test_a_venv_that_was_not_finished_is_finished(folder: Path) -> None:
    """Debian leaves one without pip where its package python3-venv is missing."""
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(folder / "python3.11", folder / ".venv/bin/python")

    made = said(folder, "make .venv/run PYTHON=python3.11")

    assert made.returncode == 0, made.stderr
    assert (folder / ".venv/run").exists()
