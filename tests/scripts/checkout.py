"""A checkout of its own for a test: the scripts copied into a folder that nobody else may walk through."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.architecture.tracked import ROOT


class Checkout:
    """Runs the scripts of a copy in `folder`, with programs of `fakes` in front of the machine's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fakes = folder / "fakes"
        self.fakes.mkdir(parents=True)
        folder.chmod(0o700)
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        (folder / "docker").mkdir()

    def fake(self, name: str, body: str) -> None:
        """Put a program called `name` in front of the machine's; `body` is its shell text."""
        program = self.fakes / name
        program.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        program.chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/<command> and return what it printed; the exit code is for the test to judge."""
        inherited = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        return subprocess.run(
            [self.folder / "scripts" / command[0], *command[1:]],
            env={"PATH": f"{self.fakes}:{os.environ['PATH']}", **inherited, **environment},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
