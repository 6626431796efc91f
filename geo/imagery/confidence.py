"""How sure a flag is: the detector's mean probability over an object, put right by how often such objects were real."""

from __future__ import annotations

from itertools import pairwise

# Detector and version (the checksum of its weights) -> corners (mean probability, share of real) of a rising line.
# The one with corners at .7, .88, .93 and .97 of least log loss on the 329 objects that siamese finds on the validation
# crops of 0.5 m (IoU ≥ 0.3 is real): log loss .182 (uncalibrated .201); what it says is off by .011 on average (.037).
# On whu_dev, which it never saw, by .100 (.185): of eleven objects said to be .84 sure four were real. Beyond the outer
# corners hardly any object lies; the line goes on so that the order stays.
CALIBRATIONS: dict[tuple[str, str], tuple[tuple[float, float], ...]] = {
    ("siamese", "795663e6e1fc"): (
        (0.5, 0.3), (0.7, 0.414), (0.88, 0.779), (0.93, 0.969), (0.97, 0.992), (1.0, 0.995),
    ),
}  # fmt: skip


def calibrated(mean_probability: float, detector: str, version: str) -> float:
    """The confidence (0…1) of an object of that mean probability; weights that were never measured keep their own."""
    corners = CALIBRATIONS.get((detector, version))
    if not corners:
        return mean_probability
    if mean_probability <= corners[0][0]:
        return corners[0][1]
    for (left, low), (right, high) in pairwise(corners):
        if mean_probability <= right:
            return low + (high - low) * (mean_probability - left) / (right - left)
    return corners[-1][1]
