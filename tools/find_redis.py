"""Prints the redis-server that the tests use, installing one where there is none."""

import os
import shutil
import subprocess
import sys

# Valkey is the same program under another name.
NAMES = ("redis-server", "valkey-server")


def installed() -> str:
    """The path of a server on this machine, or empty."""
    named = os.environ.get("LIFECHECK_REDIS", "")
    candidates = (named, *(shutil.which(name) or "" for name in NAMES))
    return next((p for p in candidates if p and os.path.exists(p)), "")


def by_apt() -> str:
    """Through Debian's packages, where that is permitted without a password.

    The package would start one for the whole machine; it is told not to.
    """
    if not shutil.which("apt-get"):
        return ""
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for command in (
        ["apt-get", "update", "-qq"],
        ["env", "RUNLEVEL=1", "apt-get", "install", "-y", "-qq", "redis-server"],
    ):
        subprocess.run([*become, *command], stdout=sys.stderr, check=False)
    return installed()


def main() -> None:
    """Print one path, or say what is missing and fail."""
    for find in (installed, by_apt):
        try:
            path = find()
        except OSError as error:
            print(f"{find.__name__}: {error}", file=sys.stderr)
            continue
        if path:
            print(path)
            return
    sys.exit(
        "No redis-server was found, and none could be installed: install one, or name "
        "it in LIFECHECK_REDIS, then run make test again."
    )


if __name__ == "__main__":
    main()
