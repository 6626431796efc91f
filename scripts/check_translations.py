"""Is every text in English too? Collects the texts anew, in a copy, and names those without a finished translation."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (".py", ".html", ".txt", ".ts", ".po")
SHOWN = 40


def copy_sources(to: Path) -> None:
    """Copy what git keeps or would keep of the texts' sources."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in set(listing.split("\0")):
        source = ROOT / name
        if name.endswith(SOURCES) and source.is_file():
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def unfinished(catalogue: Path) -> list[str]:
    """Return the message ids of a catalogue that have no translation, or one that is only guessed."""
    found = []
    for choice in (["--untranslated"], ["--translated", "--only-fuzzy"]):
        kept = subprocess.run(
            ["msgattrib", "--no-wrap", "--no-obsolete", *choice, str(catalogue)],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        found += [
            line[len("msgid ") :] for line in kept.splitlines() if line.startswith("msgid ") and line != 'msgid ""'
        ]
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        copy_sources(copy)
        subprocess.run([ROOT / "scripts" / "make-messages", copy], check=True, stdout=subprocess.DEVNULL)
        missing = {path.name: unfinished(path) for path in sorted(copy.glob("**/locale/en/LC_MESSAGES/*.po"))}
    for name, texts in missing.items():
        if texts:
            print(f"{name}: {len(texts)} texts without English, among them:")
            print("\n".join(f"  {text}" for text in texts[:SHOWN]))
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
