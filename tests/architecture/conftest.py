import pytest

from geo.models import Unit
from tests.architecture.world import add_decision, make_plot


@pytest.fixture
def world(town):
    """Plots in a community, beside it (in the same township, county and city) and above it (things of its parents)."""
    places: dict[str, tuple[Unit, tuple[float, float]]] = {
        "own": (town.communities[0][0], town.spot(0, 0)),
        "sister": (town.communities[0][1], town.spot(0, 1)),
        "sibling": (town.communities[0][2], town.spot(0, 2)),
        "neighbour": (town.communities[1][0], town.spot(1, 0)),
        "township": (town.townships[0][0], town.spot(0, 1, dx=0.002)),
        "county": (town.counties[0], town.spot(0, 3, dx=0.002)),
        "city": (town.city, town.spot(1, 3)),
    }
    plots = {name: make_plot(town, unit, spot, f"{name.upper()}PLOT") for name, (unit, spot) in places.items()}
    for plot in plots.values():
        add_decision(plot)
    return plots
