"""``python -m geo.imagery diff BEFORE AFTER -o flags.geojson`` and ``python -m geo.imagery evaluate DIR``.

Exit code 0 when done, 2 when an input cannot be used (the message names it; nothing half-written is left).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import shapely

from geo.errors import GeoError
from geo.imagery.detect import detector_names
from geo.imagery.evaluate import evaluate
from geo.imagery.params import DiffParams
from geo.imagery.pipeline import (
    FlagCandidate,
    Plan,
    Sources,
    assemble,
    detect_block,
    plan_diff,
    write_probability,
)  # fmt: skip
from geo.imagery.residuals import residuals

BAD_INPUT = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m geo.imagery", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    diff = commands.add_parser("diff", help="find what changed between two georeferenced photographs")
    diff.add_argument("before", type=Path, help="photograph of the earlier date")
    diff.add_argument("after", type=Path, help="photograph of the later date")
    diff.add_argument("-o", "--output", type=Path, required=True, help="GeoJSON (longitude, latitude) to write")
    diff.add_argument("--probability", type=Path, help="GeoTIFF of the probability of change to write")
    diff.add_argument("--before-dsm", type=Path, help="surface model of the earlier date")
    diff.add_argument("--after-dsm", type=Path, help="surface model of the later date")
    diff.add_argument("--block-px", type=int, default=DiffParams.block_px, help="side of a block in pixels")
    diff.add_argument("--working-resolution-m", type=float, help="ground resolution to detect at")
    measure = commands.add_parser("evaluate", help="measure the detector on labelled pairs (A/, B/, label/)")
    measure.add_argument("folder", type=Path)
    measure.add_argument("--resolution-m", type=float, required=True, help="ground resolution of the images")
    measure.add_argument("--working-resolution-m", type=float, help="ground resolution to detect at")
    measure.add_argument("--each", action="store_true", help="also print each pair")
    for command in (diff, measure):
        command.add_argument("--detector", choices=detector_names(), default=DiffParams.detector, help="model")
        command.add_argument("--threshold", type=float, help="probability from which a pixel is changed")
        command.add_argument("--min-area-m2", type=float, default=DiffParams.min_area_m2, help="least area")
        command.add_argument("--no-fine-outlines", action="store_true", help="outlines on the detector's own pixels")
        command.add_argument("--no-registration", action="store_true", help="take the georeference as it is")
    return parser


def _params(arguments: argparse.Namespace) -> DiffParams:
    return DiffParams(
        detector=arguments.detector,
        resolution_m=arguments.working_resolution_m,
        threshold=arguments.threshold,
        min_area_m2=arguments.min_area_m2,
        block_px=getattr(arguments, "block_px", DiffParams.block_px),
        register=not arguments.no_registration,
        fine_outlines=not arguments.no_fine_outlines,
    )


def feature_collection(plan: Plan, candidates: list[FlagCandidate]) -> dict[str, Any]:
    """The candidates as GeoJSON (RFC 7946 order of coordinates; CGCS2000 longitude and latitude)."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": number,
                "geometry": shapely.geometry.mapping(shapely.set_precision(item.geometry, 1e-9)),
                "properties": {
                    "kind": item.kind,
                    "area_m2": item.area_m2,
                    "area_uncertainty_m2": item.area_uncertainty_m2,
                    "confidence": item.confidence,
                    "height_change_m": item.height_change_m,
                    **item.evidence,
                },
            }
            for number, item in enumerate(candidates, start=1)
        ],
        "run": {
            "algorithm_version": plan.algorithm_version,
            "detector": f"{plan.params.detector}-{plan.detector_version}",
            "resolution_m": plan.grid.resolution_m,
            "crs": plan.grid.crs,
            "shift_m": round(plan.registration.shift_m, 3),
            "residual_m": plan.registration.residual_m,
            "registration": plan.registration.model,
            "residuals": residuals(plan.registration, plan.grid),
            "blocks": len(plan.blocks),
        },
    }


def _write_text(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _diff(arguments: argparse.Namespace) -> None:
    sources = Sources(arguments.before, arguments.after, arguments.before_dsm, arguments.after_dsm)
    for folder in {path.parent for path in (arguments.output, arguments.probability) if path is not None}:
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder}: is not a folder to write to")
    plan = plan_diff(
        sources.before, sources.after, before_dsm=sources.before_dsm, after_dsm=sources.after_dsm,
        params=_params(arguments),
    )  # fmt: skip
    print(_about(plan))
    with tempfile.TemporaryDirectory(prefix="diff-") as folder:
        for block in plan.blocks:
            detect_block(plan, sources, block.index, Path(folder))
            print(f"block {block.index + 1} of {len(plan.blocks)}", flush=True)
        candidates = assemble(plan, sources, Path(folder))
        if arguments.probability is not None:
            write_probability(plan, Path(folder), arguments.probability)
    _write_text(arguments.output, json.dumps(feature_collection(plan, candidates), indent=1) + "\n")
    total_m2 = sum(item.area_m2 for item in candidates)
    print(f"{arguments.output}: {len(candidates)} changes, {total_m2:.0f} m²")


def _about(plan: Plan) -> str:
    found = plan.registration
    placed = "taken as georeferenced" if found.residual_m is None else f"residual {found.residual_m:.2f} m"
    return (
        f"{plan.grid.width} x {plan.grid.height} px at {plan.grid.resolution_m:g} m in {plan.grid.crs}, "
        f"{len(plan.blocks)} blocks; shift {found.shift_m:.2f} m ({found.model}, {placed})"
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    if not 0.01 <= arguments.resolution_m <= 10:
        raise ValueError(f"--resolution-m {arguments.resolution_m} is outside 0.01…10")
    last: dict[str, Any] = {}
    for last in evaluate(arguments.folder, resolution_m=arguments.resolution_m, params=_params(arguments)):
        if arguments.each and "pair" in last:
            print(json.dumps(last), flush=True)
    print(json.dumps(last))


def main() -> int:
    arguments = _parser().parse_args()
    try:
        (_diff if arguments.command == "diff" else _evaluate)(arguments)
    except (GeoError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
