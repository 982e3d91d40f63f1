"""Where is a browser for the page's tests, and how does one get it? Asks before it installs anything system-wide."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
_PACKAGES = ("chromium", "fonts-noto-cjk")


def find_browser() -> Path | None:
    """The Chromium to test with: ZHIDA_TEST_CHROMIUM, else one of the usual names; None if there is none."""
    named = os.environ.get("ZHIDA_TEST_CHROMIUM", "")
    if named:
        return Path(named)
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    return Path(found) if found else next((path for path in _MAC if path.exists()), None)


def how_to_get_it() -> str:
    """One line for a person on this machine."""
    if sys.platform == "darwin":
        return "brew install --cask chromium"
    if shutil.which("apt-get"):
        return f"sudo apt-get install {' '.join(_PACKAGES)}"
    return "install Chromium and a Chinese font with your package manager, or set ZHIDA_TEST_CHROMIUM to its path"


def offer_browser() -> Path | None:
    """Install Chromium where a person, or CI=true, says yes; the browser, or None where nobody did."""
    if not shutil.which("apt-get"):
        return None
    if not _agreed():
        return None
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *_PACKAGES]):
        # Neither package holds a service, so nothing can be started by this.
        subprocess.run(
            [*as_root, "apt-get", *arguments], check=False, env=environment, stdout=subprocess.DEVNULL, stdin=None
        )
    return find_browser()


def _agreed() -> bool:
    if os.environ.get("CI") == "true":
        print(f"CI: installing {' and '.join(_PACKAGES)} for the page's tests", file=sys.stderr)
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(
        f"The page's tests need a browser. Install {' and '.join(_PACKAGES)} by apt-get now? [y/N] ", end="", flush=True
    )
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
