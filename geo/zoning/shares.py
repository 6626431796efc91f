"""Sharing a counted number out over pieces."""

from collections.abc import Sequence


def share_out(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers adding up to total, in proportion to the weights (largest remainder); equal without weights."""
    if not weights:
        return []
    whole = sum(weights)
    exact = [total * weight / whole if whole > 0 else total / len(weights) for weight in weights]
    shares = [int(value) for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
