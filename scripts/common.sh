# Shared by the scripts beside it: where the checkout is, how to speak, how to find out what is installed.
# Sourced, never run. Everything a script makes lies in .venv or .local, both ignored by git.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
LOCAL=$ROOT/.local
PYTHON_BIN=$ROOT/.venv/bin/python

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

am_root() { [ "$(id -u)" -eq 0 ]; }

# Makes .local, closed to other users because it holds passwords.
make_local() {
    if [ -e "$LOCAL" ] && [ ! -w "$LOCAL" ]; then
        die "$LOCAL belongs to $(stat -c %U "$LOCAL"), and you are $(id -un): run this as $(stat -c %U "$LOCAL"), or 'make clean' as that user first"
    fi
    mkdir -p "$LOCAL/log" "$LOCAL/run"
    chmod go-rwx "$LOCAL"
}

# checksum_of FILE...: one checksum over names and contents.
checksum_of() { sha256sum -- "$@" | sha256sum | cut -d' ' -f1; }

# stamp_is FILE VALUE: has the work that FILE stands for been done for VALUE already?
stamp_is() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# Did the user name a PostGIS of their own?
database_is_elsewhere() { [ -n "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ]; }
