"""The change engine as jobs use it: plan once, detect block by block on any machine, put together.

``plan_diff`` looks at both images; ``detect_block`` may run in any order, in any number of processes, again after a
crash; ``assemble`` turns the blocks into changes to be reviewed.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from geo.imagery.blocks import detect_block, open_checked
from geo.imagery.blockstore import BlockStore, block_path, missing_blocks
from geo.imagery.candidates import KINDS, FlagCandidate, candidate, regularised
from geo.imagery.chips import ChipInfo, write_chips
from geo.imagery.fine import Photograph
from geo.imagery.grid import Block
from geo.imagery.mosaic import write_probability
from geo.imagery.objects import find_objects
from geo.imagery.params import DiffParams
from geo.imagery.plan import ALGORITHM_VERSION, Plan, Sources
from geo.imagery.survey import plan_diff

__all__ = [
    "ALGORITHM_VERSION", "KINDS", "Block", "ChipInfo", "DiffParams", "FlagCandidate", "Plan", "Sources", "assemble",
    "block_path", "detect_block", "missing_blocks", "plan_diff", "write_chips", "write_probability",
]  # fmt: skip


def assemble(plan: Plan, sources: Sources, out_dir: Path) -> list[FlagCandidate]:
    """The changes found, from north to south, west to east.

    The photographs are read again around each change, for its outline. Raises BlockMissingError naming the blocks that
    have no result yet, BlockCorruptError naming a damaged one, PlanError when the photographs are not the plan's.
    """
    store = BlockStore(plan, out_dir)
    least_pixels = max(1, int(plan.params.min_area_m2 * 0.9 / plan.grid.resolution_m**2))
    with ExitStack() as stack:
        first, second = open_checked(stack, plan, sources)
        fine, placement = plan.params.fine_outlines, plan.registration.placement
        before = Photograph(first, plan.grid, fine=fine, stretch=plan.stretch_before)
        after = Photograph(second, plan.grid, fine=fine, placement=placement, stretch=plan.stretch_after)
        found = [candidate(plan, item, before, after) for item in find_objects(store, least_pixels=least_pixels)]
    return regularised(plan, [item for item in found if item is not None])
