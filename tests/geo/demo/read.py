"""Layers of a demo town read back."""

from pathlib import Path
from typing import Any

import pyogrio
import shapely


def read_layer(path: Path) -> tuple[dict[str, Any], Any, dict[str, list[Any]]]:
    """The file's facts, its geometries, and its columns as lists."""
    facts, _, wkb, columns = pyogrio.raw.read(path)
    return facts, shapely.from_wkb(wkb), {n: list(c) for n, c in zip(facts["fields"], columns, strict=True)}
