"""`make bench-diff`: how well changes are found on real pairs, beside change vector analysis as the baseline.

Reads ``../shared/data`` beside the checkout (DATA=folder for another place). Every table is printed as Markdown, as it
stands in docs/change-detection.md.
"""

import os
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo.imagery.detect import DETECTORS  # noqa: E402 - the path above makes it importable
from geo.imagery.evaluate import LabelledPair, pairs_of, read_label, score_pair  # noqa: E402
from geo.imagery.params import DiffParams  # noqa: E402
from geo.imagery.scores import Scores  # noqa: E402
from geo.imagery.training.sampler import FIRST_REDUCED_NUMBER  # noqa: E402

DATA = Path(os.environ.get("DATA", ROOT.parent / "shared" / "data"))
SETS = (("levir_dev_0.5m", 0.5), ("whu_dev_0.2m", 0.2))
# Real pairs of two dates without a labelled change; they also chose the thresholds, and were never trained on.
UNCHANGED = ("levir_val_0.5m_256", 0.5)
# The set whose residuals set the stated uncertainty; its table is no blind figure. Only crops of 0.5 m.
CALIBRATED = ("levir_val_0.5m_256", 0.5)
SIGMAS = (1.0, 1.645, 2.0)
LEAST_M2 = 20.0
SIZES_M2 = ((10.0, 50.0), (50.0, 200.0), (200.0, np.inf))
SHIFTS_PX = (0, 2, 4, 8, 16)
SHIFT_PAIRS = 5


def row(*cells: object) -> None:
    print("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")  # noqa: T201


def table(title: str, *heads: str) -> None:
    print(f"\n{title}\n")  # noqa: T201
    row(*heads)
    row(*("---" for _ in heads))


def reduced(pair: LabelledPair) -> bool:
    """Whether a validation crop is a whole scene reduced to 2 m a pixel: its houses are of 6 px (model card)."""
    part, _, number = pair.before.stem.partition("_")
    return part == "val" and int(number) >= FIRST_REDUCED_NUMBER


def total_of(name: str, resolution_m: float, detector: str) -> tuple[Scores, float, float]:
    """All pairs of a set: their scores, megapixels per second and square kilometres."""
    scores, seconds, pixels = Scores(), 0.0, 0
    for pair in pairs_of(DATA / name):
        if reduced(pair):
            continue
        own = score_pair(pair, resolution_m=resolution_m, params=DiffParams(detector=detector))
        scores.merge(own.scores)
        seconds += own.seconds
        pixels += own.native_px
    return scores, pixels / 1e6 / seconds, pixels * resolution_m**2 / 1e6


def quality() -> None:
    totals = {(name, d): total_of(name, metres, d) for name, metres in SETS for d in sorted(DETECTORS)}
    table("Pixels and speed", "set", "detector", "precision", "recall", "F1", "IoU", "native Mpx/s")
    for (name, detector), (scores, speed, _km2) in totals.items():
        own = scores.figures()
        row(name, detector, own["precision"], own["recall"], own["f1"], own["iou"], f"{speed:.2f}")
    table("Objects of at least 10 m²", "set", "detector", "size m²", "real", "R @ 0.3", "P @ 0.3", "R @ 0.5", "P @ 0.5")
    for (name, detector), (scores, _speed, _km2) in totals.items():
        for low, high in (*SIZES_M2, (0.0, np.inf)):
            sizes = (low, high)
            label = "all" if not low else f"{low:.0f}–{high:.0f}" if np.isfinite(high) else f"≥ {low:.0f}"
            count = sum(low <= item.area_m2 < high for item in scores.real_objects)
            row(
                name, detector, label, count,
                *(figure for iou in (0.3, 0.5) for figure in (
                    scores.object_recall(iou=iou, sizes_m2=sizes), scores.object_precision(iou=iou, sizes_m2=sizes),
                )),
            )  # fmt: skip
    table(
        f"Areas of matched objects ≥ {LEAST_M2:g} m²",
        "set",
        "detector",
        "matched",
        "median error",
        "90 % within",
        "median bias",
    )
    for (name, detector), (scores, _speed, _km2) in totals.items():
        errors = np.array(scores.area_errors)[np.array(scores.areas_m2) >= LEAST_M2]
        if len(errors):
            size = np.abs(errors)
            row(name, detector, len(errors), float(np.median(size)), float(np.quantile(size, 0.9)),
                f"{np.median(errors):+.3f}")  # fmt: skip
    coverage(totals)
    table("False alarms", "set", "detector", "found objects that touch no change", "per km²")
    for (name, detector), (scores, _speed, km2) in totals.items():
        false = sum(item.iou == 0 for item in scores.found_objects)
        row(name, detector, false, f"{false / km2:.1f}")
    unchanged()


def coverage(totals: dict[tuple[str, str], tuple[Scores, float, float]]) -> None:
    """How often the real area lies within k stated standard deviations: .68, .90 and .95 where errors are normal."""
    table(
        f"Stated uncertainty of areas ≥ {LEAST_M2:g} m²", "set", "detector", "matched",
        *(f"within {k:g} σ" for k in SIGMAS), "median σ",
    )  # fmt: skip
    calibrated = total_of(*CALIBRATED, DiffParams.detector)
    for (name, detector), (scores, _speed, _km2) in {
        (CALIBRATED[0], DiffParams.detector): calibrated,
        **totals,
    }.items():
        chosen = np.array(scores.areas_m2) >= LEAST_M2
        relative = np.array(scores.sigmas_m2)[chosen] / np.array(scores.areas_m2)[chosen]
        shares = (scores.area_coverage(k, least_m2=LEAST_M2) for k in SIGMAS)
        row(name, detector, int(chosen.sum()), *shares, float(np.median(relative)))


def unchanged() -> None:
    name, metres = UNCHANGED
    quiet = []
    for pair in pairs_of(DATA / name):
        height, width = cv2.imread(str(pair.before)).shape[:2]
        if not read_label(pair.label, width=width, height=height).any():
            quiet.append(pair)
    for detector in sorted(DETECTORS):
        params = DiffParams(detector=detector)
        scored = [score_pair(pair, resolution_m=metres, params=params) for pair in quiet]
        false = sum(len(own.scores.found_objects) for own in scored)
        km2 = sum(own.native_px for own in scored) * metres**2 / 1e6
        row(f"{len(quiet)} unchanged pairs of {name}", detector, false, f"{false / km2:.1f}")


def shift_curve() -> None:
    table("Injected shift (levir_dev)", "shift px", "F1 registered", "F1 as georeferenced")
    pairs = pairs_of(DATA / "levir_dev_0.5m")[:SHIFT_PAIRS]
    for shift in SHIFTS_PX:
        row(shift, *(shifted_f1(pairs, shift, register=register) for register in (True, False)))


def shifted_f1(pairs: list[LabelledPair], shift_px: int, *, register: bool) -> float:
    """F1 when the later photograph, and with it the label of what is seen there, is displaced."""
    scores = Scores()
    matrix = np.array([[1.0, 0, shift_px], [0, 1.0, -shift_px / 2]])
    with tempfile.TemporaryDirectory() as folder:
        for pair in pairs:
            image, truth = cv2.imread(str(pair.after)), cv2.imread(str(pair.label), cv2.IMREAD_GRAYSCALE)
            size = image.shape[1::-1]
            moved, label = (Path(folder) / f"{pair.before.stem}_{part}.png" for part in ("after", "label"))
            cv2.imwrite(str(moved), cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REFLECT_101))
            cv2.imwrite(str(label), cv2.warpAffine(truth, matrix, size, flags=cv2.INTER_NEAREST))
            own = LabelledPair(pair.before, moved, label)
            scores.merge(score_pair(own, resolution_m=0.5, params=DiffParams(register=register)).scores)
    return float(scores.figures()["f1"])


def main() -> None:
    if not DATA.is_dir():
        print(f"left out: {DATA.name} is not there")  # noqa: T201
        return
    quality()
    shift_curve()


if __name__ == "__main__":
    main()
