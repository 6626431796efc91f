"""Wait until a web address answers: `python scripts/answers.py URL [seconds]`. Exit code 1 when it never does."""

import sys
import time
import urllib.error
import urllib.request


def answers(address: str) -> bool:
    """Say whether a GET of `address` returns a page that is no server error."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=30):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def main() -> int:
    address = sys.argv[1]
    deadline = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else 60)
    while not answers(address):
        if time.monotonic() > deadline:
            return 1
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
