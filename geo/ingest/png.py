"""PNG integrity: every chunk carries a CRC, which GDAL does not insist on."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from geo.ingest.errors import CorruptBlock

_SIGNATURE_BYTES = 8
_STEP_BYTES = 1024 * 1024


def refuse_broken_png(path: Path) -> None:
    """Walk a PNG's chunks and check each CRC; raise CorruptBlock naming the chunk at fault.

    Source: PNG specification, third edition (W3C 2025), 5.3 "Chunk layout".
    """
    with path.open("rb") as stream:
        stream.seek(_SIGNATURE_BYTES)
        number = 0
        while True:
            header = stream.read(8)
            if len(header) < 8:
                raise CorruptBlock(path, f"ends after chunk {number}; the file is cut short", block=f"chunk {number}")
            length, kind = struct.unpack(">I4s", header)
            name = f"chunk {number} ({kind.decode('latin-1')})"
            checksum, left = zlib.crc32(kind), length
            while left:
                part = stream.read(min(left, _STEP_BYTES))
                if not part:
                    raise CorruptBlock(path, f"{name} is incomplete; the file is cut short", block=name)
                checksum, left = zlib.crc32(part, checksum), left - len(part)
            if stream.read(4) != struct.pack(">I", checksum):
                raise CorruptBlock(path, f"{name} fails its checksum; the file is damaged or cut short", block=name)
            if kind == b"IEND":
                return
            number += 1
