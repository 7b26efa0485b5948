"""Lighthouse over the main pages of the built site: `python scripts/lighthouse.py [SITE]`; needs node and chromium.

The program and all that it needs have the versions and digests of `package-lock.json` beside this file.

Required are 100 points for accessibility, best practices and search engines, and a small layout shift. The score for
speed varies too much on a shared machine to be required.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from screenshots import pages, served

PROGRAM = Path(__file__).parent / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("accessibility", "best-practices", "seo")
MOST_SHIFT = 0.02
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"


def audit(address: str) -> dict[str, float]:
    """Scores (0 to 1) by category, and the cumulative layout shift."""
    options = [f"--only-categories={','.join((*CATEGORIES, 'performance'))}", f"--chrome-flags={FLAGS}"]
    command = [str(PROGRAM), address, "--quiet", "--output=json", "--output-path=stdout", *options]
    environment = {"CHROME_PATH": shutil.which("chromium") or ""} | dict(os.environ)
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603 - fixed arguments
    report = json.loads(ran.stdout)
    found = {name: float(report["categories"][name]["score"]) for name in CATEGORIES}
    return found | {"shift": float(report["audits"]["cumulative-layout-shift"]["numericValue"])}


def main() -> int:
    """Audit one page of every kind; the exit status is 0 if all meet the requirements."""
    site = Path(sys.argv[1] if len(sys.argv) > 1 else "site")
    wanting = 0
    with served(site) as address:
        for name in pages(site):
            found = audit(f"{address}{name}")
            good = all(found[category] == 1 for category in CATEGORIES) and found["shift"] <= MOST_SHIFT
            wanting += not good
            print(f"{name or 'home'}: {found}{'' if good else '  <-- wanting'}")
    return 1 if wanting else 0


if __name__ == "__main__":
    sys.exit(main())
