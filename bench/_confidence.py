"""How far a flag's confidence can be believed, and what the queue's order is worth: what bench/diff.py prints of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BINS = 10
FIRST_OF_QUEUE = (25, 50, 100, 200, 400, 800)
# Side of a diagram and its margin, in SVG units; the product's own accent and ground (styles/tokens).
SIDE, MARGIN = 220, 36


@dataclass(frozen=True)
class Bin:
    """Objects of like confidence: how many, what was said of them on average, and the share that was real."""

    count: int
    expected: float
    observed: float


def bins_of(confidences: NDArray[np.float64], real: NDArray[np.bool_]) -> list[Bin]:
    """Ten equal bins of 0…1; empty ones are left out."""
    numbers = np.minimum((confidences * BINS).astype(int), BINS - 1)
    chosen = [numbers == number for number in range(BINS)]
    return [Bin(int(own.sum()), float(confidences[own].mean()), float(real[own].mean())) for own in chosen if own.any()]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance of said and seen, by objects."""
    total = sum(item.count for item in bins)
    return sum(item.count * abs(item.expected - item.observed) for item in bins) / total if total else 0.0


def queue_counts(
    confidences: NDArray[np.float64], areas_m2: NDArray[np.float64], real: NDArray[np.bool_]
) -> list[tuple[int, int, float, int]]:
    """(N, real among the first N by our order, by chance, by a perfect one), N being those that the queue is long."""
    order = np.lexsort((-areas_m2, -confidences))
    total = int(real.sum())
    lengths = [n for n in FIRST_OF_QUEUE if n < len(real)] + [len(real)]
    return [(n, int(real[order[:n]].sum()), n * total / max(len(real), 1), min(n, total)) for n in lengths]


def diagram(sets: Sequence[tuple[str, Sequence[Bin]]]) -> str:
    """Reliability of each set as SVG: stated from left to right, real upwards, dots by the objects they stand for."""
    width = len(sets) * (SIDE + 2 * MARGIN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {SIDE + 2 * MARGIN}" '
        'font-family="sans-serif" font-size="11" role="img">',
        "<title>Confidence stated and share of real objects</title>",
        f'<rect width="{width}" height="{SIDE + 2 * MARGIN}" fill="#fff"/>',
    ]
    for place, (name, bins) in enumerate(sets):
        left, bottom = place * (SIDE + 2 * MARGIN) + MARGIN, SIDE + MARGIN
        most = max((item.count for item in bins), default=1)
        dots = [(left + item.expected * SIDE, bottom - item.observed * SIDE, item) for item in bins]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _item in dots)
        parts += [
            f'<text x="{left}" y="{MARGIN - 10}">{name}: ECE {calibration_error(bins):.3f}</text>',
            f'<rect x="{left}" y="{MARGIN}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#8a97a3"/>',
            f'<path d="M{left} {bottom}L{left + SIDE} {MARGIN}" stroke="#8a97a3" stroke-dasharray="4 4"/>',
            f'<polyline points="{line}" fill="none" stroke="#0f766e" stroke-width="1.5"/>',
            *(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + 6 * (item.count / most) ** 0.5:.1f}" fill="#0f766e"/>'
                f'<text x="{x - 8:.1f}" y="{y + 18:.1f}">{item.count}</text>'
                for x, y, item in dots
            ),
            f'<text x="{left + SIDE / 2 - 20}" y="{bottom + 24}">stated</text>',
            f'<text x="{left - 6}" y="{bottom - SIDE / 2}" transform="rotate(-90 {left - 6} {bottom - SIDE / 2})">'
            "real</text>",
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def write_diagram(path: Path, sets: Sequence[tuple[str, Sequence[Bin]]]) -> None:
    path.write_text(diagram(sets), encoding="utf-8")
