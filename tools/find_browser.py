"""Prints the Chromium that the browser tests use, installing one where there is none."""

import os
import shutil
import subprocess
import sys

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
# Headless as root on a server, offline, and with a camera that asks nobody.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def installed() -> str:
    """The path of a browser on this machine, or empty."""
    named = os.environ.get("LIFECHECK_BROWSER", "")
    found = [shutil.which(name) or "" for name in NAMES]
    candidates = (named, *found, *PLACES)
    return next((p for p in candidates if p and os.path.exists(p)), "")


def by_apt() -> str:
    """Through Debian's packages, where that is permitted without a password."""
    if not shutil.which("apt-get"):
        return ""
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"],
    ):
        subprocess.run([*become, *command], stdout=sys.stderr, check=False)
    return installed()


def by_playwright() -> str:
    """Playwright's own build."""
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(install, stdout=sys.stderr, check=False).returncode:
        return ""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else ""


def main() -> None:
    """Print one path, or say what is missing and fail."""
    for find in (installed, by_apt, by_playwright):
        try:
            path = find()
        except OSError as error:
            print(f"{find.__name__}: {error}", file=sys.stderr)
            continue
        if path:
            print(path)
            return
    sys.exit(
        "No Chromium or Chrome was found, and none could be installed: install one, "
        "or name it in LIFECHECK_BROWSER, then run make test again."
    )


if __name__ == "__main__":
    main()
