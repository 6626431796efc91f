"""Where models lie: those shipped with the engine, and folders that a program adds at its start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from geo.imagery.errors import DetectorError

SHIPPED = Path(__file__).parent / "models"
# The end of the names of models that learned on site.
LEARNED = re.compile(r"-site(\d+)$")
# A name is part of a path and of a flag's evidence.
NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")

_folders: list[Path | Callable[[], Path]] = [SHIPPED]


def add_folder(folder: Path | Callable[[], Path]) -> None:
    """Look for models in this folder too, after those that are known. It need not be there yet."""
    if folder not in _folders:
        _folders.append(folder)


def _all_folders() -> Iterator[Path]:
    for folder in _folders:
        yield folder if isinstance(folder, Path) else folder()


def model_names() -> list[str]:
    """Names of all models that can be found, in order."""
    found = (path.stem for folder in _all_folders() if folder.is_dir() for path in folder.glob("*.onnx"))
    return sorted({name for name in found if NAME.fullmatch(name)})


def shipped_names() -> list[str]:
    """Names of the models that come with the product, in order."""
    return sorted(path.stem for path in SHIPPED.glob("*.onnx") if NAME.fullmatch(path.stem))


def model_path(name: str) -> Path:
    """The ONNX file of a name; the shipped one where two have it. Raises DetectorError."""
    if NAME.fullmatch(name):
        for folder in _all_folders():
            path = folder / f"{name}.onnx"
            if path.is_file():
                return path
    raise DetectorError(f"detector {name!r} is not one of cva, {', '.join(model_names())}")
