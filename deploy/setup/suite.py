"""Which tests can this machine run? `make test` ends here: one run of pytest, from the quick to the slow."""

import os
import subprocess
import sys

from deploy.setup.browser import find_browser, how_to_get_it, offer_browser
from deploy.setup.stamps import ROOT


def main() -> int:
    """Run the tests; in CI nothing is left out, elsewhere what is left out is said before and after."""
    in_ci = os.environ.get("CI") == "true"
    browser = find_browser() or offer_browser()
    command = [sys.executable, "-m", "pytest", *(["-p", "tests.complete"] if in_ci else []), *sys.argv[1:]]
    if browser is None and in_ci:
        print("CI has no browser, and could not install one: the page's tests cannot run.", file=sys.stderr)
        return 1
    if browser is not None:
        os.chdir(ROOT)
        os.execve(command[0], command, {**os.environ, "ZHIDA_TEST_CHROMIUM": str(browser)})  # noqa: S606 - pytest's own exit status and last line are ours
    left_out = f"Left out: the tests of the page in a browser. To run them too: {how_to_get_it()}"
    print(left_out, file=sys.stderr)
    status = subprocess.run([*command, "-m", "not browser"], check=False, cwd=ROOT).returncode
    print(left_out, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
