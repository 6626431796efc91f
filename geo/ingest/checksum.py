"""The checksum that names an original."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHUNK_BYTES = 8 * 1024 * 1024


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 lower-case hex digits, reading 8 MiB at a time."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
