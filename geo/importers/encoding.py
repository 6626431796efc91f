"""In which encoding the text of a file is: Chinese Shapefiles are UTF-8 or GB18030 and often do not say."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from geo.importers.errors import EncodingError
from geo.importers.files import shapefile_part

UTF_8: Final = "UTF-8"
GB18030: Final = "GB18030"  # a superset of GBK and GB2312
_LANGUAGE_DRIVER_GBK: Final = 0x4D  # byte 29 of a dbf
_CHINESE_NAMES: Final = {"gbk", "gb2312", "cp936", "936", "ms936", "gb18030", "ansi936", "euccn", "ansi_936"}


def named_encoding(name: str) -> str:
    """The encoding of a name as it stands in a .cpg or on a command line. Raises EncodingError when it is unknown."""
    plain = name.strip().lower().replace("-", "").replace(" ", "")
    if plain in _CHINESE_NAMES:
        return GB18030
    if plain in ("utf8", "65001", "utf8sig"):
        return UTF_8
    try:
        return codecs.lookup(name.strip()).name
    except LookupError as error:
        raise EncodingError(f"“{name.strip()}” is no encoding known here; UTF-8 and GB18030 are usual") from error


def shapefile_encoding(path: Path, stated: str | None) -> tuple[str, str]:
    """The encoding of a Shapefile's table and how it is known: stated, .cpg, language driver, or its bytes."""
    if stated:
        return named_encoding(stated), "stated by the caller"
    page = shapefile_part(path, ".cpg")
    if page is not None:
        said = page.read_bytes()[:40].decode("ascii", "ignore").strip()
        if said:
            return named_encoding(said), "stated by its .cpg"
    table = shapefile_part(path, ".dbf")
    content = table.read_bytes() if table is not None else b""
    if len(content) > 29 and content[29] == _LANGUAGE_DRIVER_GBK:
        return GB18030, "stated by the table"
    return (UTF_8, "told from its bytes") if _is_utf_8(content) else (GB18030, "told from its bytes")


def _is_utf_8(content: bytes) -> bool:
    """Whether a dbf's names and rows read as UTF-8; its binary head (counts, lengths) is left out."""
    if len(content) < 33:
        return True
    head_length = int.from_bytes(content[8:10], "little")
    names = b" ".join(content[start : start + 11].split(b"\x00")[0] for start in range(32, head_length - 1, 32))
    try:
        names.decode("utf-8")
        content[head_length:].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
