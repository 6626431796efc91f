"""Which rejections another supervisor looks at again: a share of them, told by the flag alone."""

import hashlib


def is_spot_checked(flag_id: int, *, percent: int) -> bool:
    """The same flag always gives the same answer, so that nobody can reject until the lot falls elsewhere."""
    lot = int.from_bytes(hashlib.sha256(f"spot check {flag_id}".encode()).digest()[:8], "big") % 100
    return lot < percent
