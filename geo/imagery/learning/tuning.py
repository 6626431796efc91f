"""Starting the training, which needs PyTorch, from a program that does not have it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from geo.imagery.contract import QUANTISED_SUFFIX, contract_beside, write_contract
from geo.imagery.errors import ImageryError

ROOT = Path(__file__).resolve().parents[3]
# Lines of what the training said last that an error repeats.
LAST_LINES = 5


class TuningFailedError(ImageryError):
    """The training could not start or did not end well."""


def tune_model(
    folder: Path,
    *,
    start: Path,
    output: Path,
    title: str,
    python: str = sys.executable,
    seed: int = 1,
    steps: int | None = None,
    hold_out: bool = True,
) -> None:
    """Let the model ``start`` learn from the examples of ``folder``; write ``output`` and the contract beside it.

    ``python`` is an interpreter with the training extra. The new model is asked as the one before it; how far it can be
    believed is not known yet, so that its contract has no calibration. Raises TuningFailedError, DetectorError.
    """
    contract = contract_beside(start)
    command = [python, "-m", "geo.imagery.training", "tune", str(folder), "--start", str(start), "-o", str(output)]
    command += ["--seed", str(seed)] + (["--steps", str(steps)] if steps is not None else [])
    command += [] if hold_out else ["--all"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as error:
        raise TuningFailedError(f"{python}: cannot be started ({error})") from error
    if done.returncode != 0 or not output.is_file():
        said = (done.stderr or done.stdout).strip().splitlines()[-LAST_LINES:]
        raise TuningFailedError(f"{python}: the training ended with {done.returncode}: {' / '.join(said)}")
    quantised = output.with_suffix(QUANTISED_SUFFIX).is_file()
    write_contract(output, replace(contract, title=title, calibration=(), quantised=quantised))
