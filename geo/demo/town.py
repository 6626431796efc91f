"""The whole plan of a town, from a seed."""

from __future__ import annotations

import numpy as np

from geo.demo.blocks import lay_blocks
from geo.demo.changes import schedule_changes
from geo.demo.fill import fill_blocks
from geo.demo.grid import lay_grid
from geo.demo.plan import Town
from geo.demo.scale import Scale


def plan_town(scale: Scale, seed: int) -> Town:
    """Plan a town: the same scale and seed give the same plan."""
    town = Town(scale=scale, seed=seed)
    lay_grid(town, np.random.default_rng([seed, 1]))
    lay_blocks(town, np.random.default_rng([seed, 2]))
    fill_blocks(town, np.random.default_rng([seed, 3]))
    schedule_changes(town, np.random.default_rng([seed, 4]))
    return town
