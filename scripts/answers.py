"""Wait until a web address answers: `python scripts/answers.py URL [seconds]`. Exit code 1 when it does not in time."""

import sys
import time
import urllib.error
import urllib.request


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: the place that it points at may not be reachable from here."""

    def redirect_request(self, *_args: object) -> None:
        return None


def answers(address: str) -> bool:
    """Say whether a GET of `address` returns something that is no server error."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    # As the proxy in front would say it: where HTTPS is demanded, plain requests are only sent away.
    request = urllib.request.Request(address, headers={"X-Forwarded-Proto": "https"})
    try:
        with opener.open(request, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def main() -> int:
    address = sys.argv[1]
    deadline = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else 60)
    while not answers(address):
        if time.monotonic() >= deadline:
            return 1
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
