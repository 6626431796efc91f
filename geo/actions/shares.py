"""How far a job is (0..1), written beside its file for the page that waits: whole or not at all."""

import json
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

PROGRESS_NAME = "progress.json"


def write_share(folder: Path, share: float) -> None:
    """Write how far the work on the file in a folder is."""
    partial = folder / f".{uuid4().hex}"
    with suppress(OSError):  # a full disk will be told by the work itself
        partial.write_text(json.dumps({"share": round(share, 3)}))
        partial.replace(folder / PROGRESS_NAME)


def read_share(folder: Path) -> float | None:
    """How far it is, or None when nothing is known yet."""
    try:
        return float(json.loads((folder / PROGRESS_NAME).read_text())["share"])
    except (OSError, ValueError, KeyError):
        return None
