"""The files of the repository, as the architecture tests read them."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("geo", "inspections", "clinics_map")


def tracked_paths(*suffixes: str) -> list[str]:
    """Paths, relative to the root, of what git keeps or would keep; with `suffixes` only names that end so."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    names = {name for name in listing.split("\0") if name and (ROOT / name).is_file()}
    return sorted(name for name in names if not suffixes or name.endswith(suffixes))


def tracked_texts(*suffixes: str) -> dict[str, str]:
    """Contents by path of the tracked text files; files that are no UTF-8 (images, models) are left out."""
    texts = {}
    for name in tracked_paths(*suffixes):
        try:
            texts[name] = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return texts


def lines_matching(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    """`path:line: text` of each line in which the compiled `pattern` is found."""
    return [
        f"{name}:{number}: {line.strip()[:160]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
