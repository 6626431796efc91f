"""`make bench-diff`: how well changes are found on real pairs, beside change vector analysis as the baseline.

Reads ``../shared/data`` beside the checkout (DATA=folder for another place). Every table is printed as Markdown, as it
stands in docs/change-detection.md.
"""

import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench._confidence import bins_of, calibration_error, queue_counts, write_diagram  # noqa: E402 - the path above
from bench._whole import speed_of  # noqa: E402
from geo.imagery.detect import BASELINE, SceneStatistics, detector_names, make_detector  # noqa: E402
from geo.imagery.evaluate import LabelledPair, pairs_of, read_label, score_pair  # noqa: E402
from geo.imagery.params import DiffParams  # noqa: E402
from geo.imagery.scores import MATCH_IOU, Scores  # noqa: E402
from geo.imagery.training.sampler import is_reduced  # noqa: E402

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
DIAGRAM = ROOT / "docs" / "images" / "confidence.svg"


@dataclass
class Total:
    """All pairs of a set: their scores, and what they took."""

    scores: Scores = field(default_factory=Scores)
    native_px: int = 0
    working_px: int = 0
    seconds: float = 0.0
    detector_seconds: float = 0.0
    cpu_seconds: float = 0.0
    km2: float = 0.0


Totals = dict[tuple[str, str], Total]


def row(*cells: object) -> None:
    print("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")  # noqa: T201


def table(title: str, *heads: str) -> None:
    print(f"\n{title}\n")  # noqa: T201
    row(*heads)
    row(*("---" for _ in heads))


def total_of(name: str, resolution_m: float, detector: str) -> Total:
    total = Total()
    for pair in pairs_of(DATA / name):
        if is_reduced(pair.before):
            continue
        own = score_pair(pair, resolution_m=resolution_m, params=DiffParams(detector=detector))
        total.scores.merge(own.scores)
        for measured in ("native_px", "working_px", "seconds", "detector_seconds", "cpu_seconds"):
            setattr(total, measured, getattr(total, measured) + getattr(own, measured))
        total.km2 += own.native_px * resolution_m**2 / 1e6
    return total


def quality() -> None:
    totals = {(name, d): total_of(name, metres, d) for name, metres in SETS for d in detector_names()}
    calibrated = {(CALIBRATED[0], DiffParams.detector): total_of(*CALIBRATED, DiffParams.detector)}
    pixels(totals)
    sizes(totals)
    areas(totals)
    outlines(totals)
    coverage({**calibrated, **totals})
    table("False alarms", "set", "detector", "found objects that touch no change", "per km²")
    for (name, detector), total in totals.items():
        false = sum(item.iou == 0 for item in total.scores.found_objects)
        row(name, detector, false, f"{false / total.km2:.1f}")
    unchanged()
    confidence({**calibrated, **{key: total for key, total in totals.items() if key[1] == DiffParams.detector}})
    speed({**calibrated, **totals})
    whole_pictures()


def pixels(totals: Totals) -> None:
    table("Pixels", "set", "detector", "precision", "recall", "F1", "IoU")
    for (name, detector), total in totals.items():
        own = total.scores.figures()
        row(name, detector, own["precision"], own["recall"], own["f1"], own["iou"])


def sizes(totals: Totals) -> None:
    table("Objects of at least 10 m²", "set", "detector", "size m²", "real", "R @ 0.3", "P @ 0.3", "R @ 0.5", "P @ 0.5")
    for (name, detector), total in totals.items():
        scores = total.scores
        for low, high in (*SIZES_M2, (0.0, np.inf)):
            chosen = (low, high)
            label = "all" if not low else f"{low:.0f}–{high:.0f}" if np.isfinite(high) else f"≥ {low:.0f}"
            count = sum(low <= item.area_m2 < high for item in scores.real_objects)
            row(
                name, detector, label, count,
                *(figure for iou in (0.3, 0.5) for figure in (
                    scores.object_recall(iou=iou, sizes_m2=chosen), scores.object_precision(iou=iou, sizes_m2=chosen),
                )),
            )  # fmt: skip


def areas(totals: Totals) -> None:
    heads = "set", "detector", "matched", "median error", "90 % within", "median bias"
    table(f"Areas of matched objects ≥ {LEAST_M2:g} m²", *heads)
    for (name, detector), total in totals.items():
        errors = np.array(total.scores.area_errors)[np.array(total.scores.areas_m2) >= LEAST_M2]
        if len(errors):
            size = np.abs(errors)
            row(name, detector, len(errors), float(np.median(size)), float(np.quantile(size, 0.9)),
                f"{np.median(errors):+.3f}")  # fmt: skip


def outlines(totals: Totals) -> None:
    """What the second look at a finer photograph brings, on the set that has one."""
    name, metres = SETS[1]
    params = DiffParams(fine_outlines=False)
    coarse = Scores()
    for pair in pairs_of(DATA / name):
        coarse.merge(score_pair(pair, resolution_m=metres, params=params).scores)
    table(
        "Outlines on the photograph's own pixels", "set", "outlines", "F1", "area error", "90 % within", "area bias",
        "R @ 0.7", "R @ 0.8",
    )  # fmt: skip
    for label, scores in (("of the detector", coarse), ("of the photograph", totals[name, DiffParams.detector].scores)):
        own = scores.figures()
        row(name, label, own["f1"], own["area_error_median"], own["area_error_p90"], f"{own['area_bias_median']:+.3f}",
            scores.object_recall(iou=0.7), scores.object_recall(iou=0.8))  # fmt: skip


def confidence(totals: Totals) -> None:
    """What flags say of themselves beside how often they are real; and what the queue's order finds first."""
    found = {}
    for (name, _detector), total in totals.items():
        objects = total.scores.found_objects
        said = np.array([item.confidence for item in objects])
        real = np.array([item.iou >= MATCH_IOU for item in objects], bool)
        found[name] = said, np.array([item.area_m2 for item in objects]), real
    binned = {name: bins_of(said, real) for name, (said, _areas, real) in found.items()}
    table("Confidence of objects (real: IoU ≥ 0.3)", "set", "objects", "said", "real", "ECE of the set")
    for name, bins in binned.items():
        for item in bins:
            row(name, item.count, item.expected, item.observed, calibration_error(bins))
    table("The queue's order: real ones among the first N", "set", "N", "by our order", "by chance", "perfect")
    for name, (said, area_m2, real) in found.items():
        for length, ours, chance, perfect in queue_counts(said, area_m2, real):
            row(name, length, ours, f"{chance:.1f}", perfect)
    table("Mean distance of said and real (ECE)", "set", "objects", "as the detector says it", "as the flag says it")
    for name, (said, _areas, real) in found.items():
        corners = np.array(make_detector(DiffParams.detector, SceneStatistics()).calibration)
        raw = np.interp(said, corners[:, 1], corners[:, 0])
        row(name, len(said), calibration_error(bins_of(raw, real)), calibration_error(binned[name]))
    write_diagram(DIAGRAM, list(binned.items()))


def speed(totals: Totals) -> None:
    heads = "native Mpx/s", "model Mpx/s", "detector alone", "ratio", "model Mpx per CPU second"
    table("Speed: whole comparison, and the detector alone", "set", "detector", *heads)
    for (name, detector), total in totals.items():
        whole, alone = total.working_px / 1e6 / total.seconds, total.working_px / 1e6 / total.detector_seconds
        row(
            name, detector, f"{total.native_px / 1e6 / total.seconds:.2f}", f"{whole:.2f}", f"{alone:.2f}",
            f"{alone / whole:.2f}", f"{total.working_px / 1e6 / total.cpu_seconds:.2f}",
        )  # fmt: skip


def coverage(totals: Totals) -> None:
    """How often the real area lies within k stated standard deviations: .68, .90 and .95 where errors are normal."""
    table(
        f"Stated uncertainty of areas ≥ {LEAST_M2:g} m²", "set", "detector", "matched",
        *(f"within {k:g} σ" for k in SIGMAS), "median σ",
    )  # fmt: skip
    for (name, detector), total in totals.items():
        chosen = np.array(total.scores.areas_m2) >= LEAST_M2
        relative = np.array(total.scores.sigmas_m2)[chosen] / np.array(total.scores.areas_m2)[chosen]
        shares = (total.scores.area_coverage(k, least_m2=LEAST_M2) for k in SIGMAS)
        row(name, detector, int(chosen.sum()), *shares, float(np.median(relative)))


def quiet_pairs() -> list[LabelledPair]:
    quiet = []
    for pair in pairs_of(DATA / UNCHANGED[0]):
        height, width = cv2.imread(str(pair.before)).shape[:2]
        if not read_label(pair.label, width=width, height=height).any():
            quiet.append(pair)
    return quiet


def whole_pictures() -> None:
    heads = "megapixels", "found", "Mpx/s", "without the plan", "detector alone", "ratio"
    table("Speed on one picture: pairs laid together, from file to outlines", "picture", "detector", *heads)
    sharp = [pair for pair in quiet_pairs() if not is_reduced(pair.before)]
    pictures = {
        "levir_dev, 5 x 10 pairs: new suburbs": (pairs_of(DATA / "levir_dev_0.5m") * 2, 5),
        "unchanged pairs of levir_val, 24 x 48": (sharp * 16, 24),
    }
    for name, (pairs, columns) in pictures.items():
        for detector in (BASELINE, DiffParams.detector):
            own = speed_of(pairs, columns=columns, detector=detector)
            figures = own.whole, own.without_plan, own.alone, own.alone / own.without_plan
            row(name, detector, f"{own.megapixels:.1f}", own.found, *(f"{figure:.2f}" for figure in figures))


def unchanged() -> None:
    name, metres = UNCHANGED
    quiet = quiet_pairs()
    for detector in detector_names():
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
    waiting = os.getloadavg()[0]
    quality()
    shift_curve()
    print(f"\nProcesses at work on {os.cpu_count()} cores: {waiting:.1f} before, {os.getloadavg()[0]:.1f} at the end.")  # noqa: T201


if __name__ == "__main__":
    main()
