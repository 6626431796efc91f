from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from geo.refusals import NotAllowed
from inspections.actions.case_guards import WrongState, WrongTime
from inspections.actions.cases import discard_case
from inspections.actions.measurements import CannotMeasure, confirm_aerial, measure_typed, measure_walked
from inspections.models import MeasurementKind
from tests.factories import measured_m2
from tests.inspections.cases.scene import LONG_AGO, found_case


def corners(case, accuracy_m=3.0):
    west, south, east, north = case.footprint.extent
    return [(lon, lat, accuracy_m) for lon, lat in [(west, south), (east, south), (east, north), (west, north)]]


def test_typed_dimensions_stand_beside_the_area_from_the_air(town, people):
    case = found_case(town, people)
    typed = measure_typed(case=case, length_m=Decimal("10.7"), width_m=Decimal(12), by=people.brigade)
    assert typed.area_m2 == Decimal("128.40")
    assert typed.uncertainty_m2 == Decimal("0.80")  # 0.05 m on each side: 0.05 * sqrt(10.7² + 12²)
    assert typed.inputs == {"length_m": "10.7", "width_m": "12"}
    assert set(case.measurements.values_list("kind", flat=True)) == {"aerial", "typed"}


def test_a_walk_gives_outline_area_and_uncertainty(town, people):
    case = found_case(town, people)
    walked = measure_walked(case=case, vertices=corners(case), by=people.brigade)
    assert walked.kind == MeasurementKind.WALKED
    assert float(walked.area_m2) == pytest.approx(measured_m2(case.footprint), rel=1e-4)
    assert 10 < walked.uncertainty_m2 < 100
    assert walked.geometry.equals(case.footprint)
    assert len(walked.inputs["vertices"]) == 4


def test_a_walk_that_crosses_itself_is_refused(town, people):
    case = found_case(town, people)
    a, b, c, d = corners(case)
    with pytest.raises(CannotMeasure, match="4 个拐点"):
        measure_walked(case=case, vertices=[a, c, b, d], by=people.brigade)


@pytest.mark.parametrize("length", ["0", "-3", "NaN"])
def test_dimensions_that_make_no_area_are_refused(town, people, length):
    with pytest.raises(CannotMeasure):
        measure_typed(case=found_case(town, people), length_m=Decimal(length), width_m=Decimal(3), by=people.brigade)


def test_an_area_of_square_kilometres_is_no_building(town, people):
    with pytest.raises(CannotMeasure, match="不是一栋建筑"):
        measure_typed(
            case=found_case(town, people), length_m=Decimal(100_000), width_m=Decimal(100_000), by=people.brigade
        )


def test_the_brigade_confirms_an_area_from_the_air_as_a_new_row(town, people):
    case = found_case(town, people)
    aerial = case.measurements.get()
    confirmed = confirm_aerial(case=case, measurement=aerial, by=people.brigade)
    assert (confirmed.area_m2, confirmed.uncertainty_m2) == (aerial.area_m2, aerial.uncertainty_m2)
    assert confirmed.measured_by == people.brigade
    assert case.measurements.count() == 2


def test_only_an_area_from_the_air_of_this_case_can_be_confirmed(town, people):
    case, other = found_case(town, people), found_case(town, people, dx=0.007)
    typed = measure_typed(case=case, length_m=Decimal(3), width_m=Decimal(3), by=people.brigade)
    with pytest.raises(CannotMeasure):
        confirm_aerial(case=case, measurement=typed, by=people.brigade)
    with pytest.raises(CannotMeasure):
        confirm_aerial(case=case, measurement=other.measurements.get(), by=people.brigade)


def test_only_the_brigade_measures(town, people):
    with pytest.raises(NotAllowed):
        measure_typed(case=found_case(town, people), length_m=Decimal(3), width_m=Decimal(3), by=people.county)


def test_nothing_is_measured_in_the_future(town, people):
    with pytest.raises(WrongTime):
        measure_typed(
            case=found_case(town, people),
            length_m=Decimal(3),
            width_m=Decimal(3),
            by=people.brigade,
            at=timezone.now() + LONG_AGO,
        )


def test_a_discarded_case_is_not_measured(town, people):
    case = found_case(town, people)
    discard_case(case=case, reason="误报", by=people.supervisor)
    with pytest.raises(WrongState):
        measure_typed(case=case, length_m=Decimal(3), width_m=Decimal(3), by=people.brigade)


def test_the_database_keeps_a_measurement_as_it_is(town, people):
    case = found_case(town, people)
    with (
        pytest.raises(ProgrammingError, match=r"Cannot update or delete .* inspections_measurement"),
        transaction.atomic(),
    ):
        case.measurements.update(area_m2=1)
