"""Command line: python -m geo.demo generate OUT_DIR [--seed 7] [--scale small|full]."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from geo.demo.errors import DemoError
from geo.demo.generate import generate


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m geo.demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("generate", help="write a demo town into a folder")
    made.add_argument("folder", type=Path, metavar="OUT_DIR")
    made.add_argument("--seed", type=int, default=7)
    made.add_argument("--scale", default="full", help="full (about 3,000 buildings) or small (for tests)")
    options = parser.parse_args(arguments)
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - start:5.1f} s] {text}", flush=True)

    try:
        generate(options.folder, seed=options.seed, scale=options.scale, say=say)
    except DemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    say(f"done: {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
