"""What must hold about people's work holds in the database, whatever code writes to it."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django_fsm import ConcurrentTransition, TransitionNotAllowed

from geo.roles import Role
from inspections.models import (
    AccountEntry,
    Case,
    CaseRouting,
    CaseSource,
    Determination,
    Measurement,
    PenaltyDecision,
    PenaltyLine,
    Photo,
    SecondOpinion,
    SpotCheck,
)
from tests import factories
from tests.factories import records

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = datetime.date(2026, 10, 1), datetime.date(2026, 11, 1)


@pytest.fixture
def unit(town):
    return town.communities[0][0]


@pytest.fixture
def case(town, unit):
    return records.make_case(unit, *town.spot())


@pytest.fixture
def rule_set(town):
    return records.make_rule_set(town.city)


@pytest.fixture
def office(town):
    return factories.make_user(Role.OFFICE, town.city)


def refused_by(name: str, error=IntegrityError):
    return pytest.raises(error, match=name)


def issue(decision: PenaltyDecision, by) -> None:
    decision.state, decision.issued_by, decision.issued_at = "issued", by, timezone.now()
    decision.number, decision.pdf_sha256 = "嵩制发〔2026〕1号", "a" * 64
    decision.save()


def test_a_structure_has_one_open_case(town, unit):
    building = factories.make_building(unit, *town.spot())
    first = records.make_case(unit, *town.spot(), building=building)
    with refused_by("case_one_open_per_building"), transaction.atomic():
        records.make_case(unit, *town.spot(), building=building)
    first.withdraw()
    first.save()
    records.make_case(unit, *town.spot(), building=building)


def test_a_case_moves_only_along_its_states(case):
    with pytest.raises(TransitionNotAllowed):
        case.close()
    with pytest.raises(AttributeError):
        case.state = "closed"


def test_two_people_moving_a_case_at_once_cannot_both_win(case):
    mine, yours = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
    mine.route()
    mine.save()
    yours.withdraw()
    with pytest.raises(ConcurrentTransition):
        yours.save()


def test_a_standing_review_is_the_only_one_of_its_flag(town, unit, office):
    flag = factories.make_flag(factories.make_run(town), unit, *town.spot())
    first = records.make_review(flag, by=office)
    with refused_by("change_review_one_standing_per_flag"), transaction.atomic():
        records.make_review(flag, by=office, outcome="bad_image")
    first.undone_by, first.undone_at = office, timezone.now()
    first.save()
    records.make_review(flag, by=office, outcome="bad_image")


def test_a_rejection_without_reason_is_refused(town, unit, office):
    flag = factories.make_flag(factories.make_run(town), unit, *town.spot())
    with refused_by("change_review_rejection_has_reason"):
        records.make_review(flag, by=office, outcome="rejected")


def test_a_measurement_is_never_edited(case):
    measurement = records.make_measurement(case)
    with refused_by("pgtrigger_measurement_is_kept", DatabaseError), transaction.atomic():
        Measurement.objects.filter(pk=measurement.pk).update(area_m2=Decimal(1))


def test_a_determination_is_never_edited_and_has_one_beginning(case, office, rule_set):
    determination = records.make_determination(case, by=office, rule_set=rule_set)
    with refused_by("pgtrigger_determination_is_kept", DatabaseError), transaction.atomic():
        Determination.objects.filter(pk=determination.pk).update(area_m2=Decimal(1))
    with refused_by("determination_one_first_per_case"), transaction.atomic():
        records.make_determination(case, by=office, rule_set=rule_set)
    records.make_determination(case, by=office, rule_set=rule_set, supersedes=determination)


def test_an_unauthorised_determination_needs_its_measured_area(case, office, rule_set):
    with refused_by("determination_unauthorised_has_measured_area"):
        Determination.objects.create(
            case=case,
            outcome="unauthorised",
            bureau="planning",
            reason="无许可",
            rule_set=rule_set,
            determined_by=office,
            determined_at=timezone.now(),
        )


def test_a_case_is_counted_once_a_month(town, case, rule_set):
    line = records.make_line(records.make_decision(town.counties[0], NOVEMBER, rule_set=rule_set), case)
    other = records.make_decision(town.counties[1], NOVEMBER, rule_set=rule_set)
    with refused_by("penalty_line_once_per_case_and_month"), transaction.atomic():
        records.make_line(other, case)
    with refused_by("penalty_decision_once_per_county_and_month"), transaction.atomic():
        records.make_decision(town.counties[0], NOVEMBER, rule_set=rule_set)
    assert list(PenaltyLine.objects.all()) == [line]


def test_an_issued_decision_and_its_lines_never_change(town, case, rule_set, office):
    decision = records.make_decision(town.counties[0], NOVEMBER, rule_set=rule_set)
    line = records.make_line(decision, case)
    issue(decision, office)
    frozen = "never change"
    with refused_by(frozen, DatabaseError), transaction.atomic():
        PenaltyDecision.objects.filter(pk=decision.pk).update(amount=Decimal(1))
    with refused_by("lines of an issued", DatabaseError), transaction.atomic():  # its lines go first, and may not
        PenaltyDecision.objects.filter(pk=decision.pk).delete()
    with refused_by(frozen, DatabaseError), transaction.atomic():
        PenaltyLine.objects.filter(pk=line.pk).update(amount=Decimal(1))
    with refused_by(frozen, DatabaseError), transaction.atomic():
        PenaltyLine.objects.filter(pk=line.pk).delete()
    with refused_by(frozen, DatabaseError), transaction.atomic():
        records.make_line(decision, records.make_case(case.unit, *town.spot()))
    draft = records.make_decision(town.counties[0], datetime.date(2026, 12, 1), rule_set=rule_set)
    with refused_by(frozen, DatabaseError), transaction.atomic():
        PenaltyLine.objects.filter(pk=line.pk).update(decision=draft)


def test_an_issued_decision_without_lines_is_never_deleted_either(town, rule_set, office):
    decision = records.make_decision(town.counties[0], NOVEMBER, rule_set=rule_set)
    issue(decision, office)
    with refused_by("never deleted", DatabaseError):
        PenaltyDecision.objects.filter(pk=decision.pk).delete()


def test_the_deduction_may_still_be_noted_on_an_issued_decision_once(town, case, rule_set, office):
    decision = records.make_decision(town.counties[0], NOVEMBER, rule_set=rule_set)
    records.make_line(decision, case)
    issue(decision, office)
    decision.state, decision.deducted_by, decision.deducted_at = "deducted", office, timezone.now()
    decision.save()
    with refused_by("never changes", DatabaseError), transaction.atomic():
        PenaltyDecision.objects.filter(pk=decision.pk).update(state="issued")


def test_a_correction_names_an_earlier_month_and_the_reason(town, case, rule_set):
    decision = records.make_decision(town.counties[0], NOVEMBER, rule_set=rule_set)
    for wrong in ({"corrects_month": NOVEMBER, "reason": "漏计"}, {"corrects_month": OCTOBER, "reason": ""}):
        with refused_by("penalty_line_correction_says_why"), transaction.atomic():
            records.make_line(decision, case, kind="correction", **wrong)
    right = {"kind": "correction", "corrects_month": OCTOBER, "reason": "漏计"}
    records.make_line(decision, case, **right)
    with refused_by("penalty_line_one_correction_per_decision"), transaction.atomic():
        records.make_line(decision, case, **right)


def test_the_special_account_is_append_only(town, office):
    entry = records.make_account_entry(town.city, by=office)
    with refused_by("pgtrigger_account_entry_is_kept", DatabaseError), transaction.atomic():
        AccountEntry.objects.filter(pk=entry.pk).update(amount=Decimal(1))
    with refused_by("pgtrigger_account_entry_is_kept", DatabaseError), transaction.atomic():
        AccountEntry.objects.filter(pk=entry.pk).delete()


def test_the_same_photo_stands_once_in_an_inspection(town, unit, office):
    inspection = records.make_inspection(unit, *town.spot(), by=office)
    records.make_photo(unit, *town.spot(), by=office, inspection=inspection, sha256="b" * 64)
    with refused_by("photo_once_per_inspection"):
        records.make_photo(unit, *town.spot(), by=office, inspection=inspection, sha256="b" * 64)


def test_an_outline_of_a_review_is_measured_or_there_is_none(town, unit, office):
    flag = factories.make_flag(factories.make_run(town), unit, *town.spot())
    with refused_by("change_review_outline_is_measured"), transaction.atomic():
        records.make_review(flag, by=office, outline=flag.geometry)
    with refused_by("change_review_outline_is_measured"), transaction.atomic():
        records.make_review(flag, by=office, outline_area_m2=100.0, outline_uncertainty_m2=2.0)
    records.make_review(flag, by=office, outline=flag.geometry, outline_area_m2=100.0, outline_uncertainty_m2=2.0)


def test_a_flag_is_with_one_colleague_at_a_time_and_nobody_asks_themselves(town, unit, office):
    flag = factories.make_flag(factories.make_run(town), unit, *town.spot())
    others = [factories.make_user(Role.SUPERVISOR, unit) for _ in range(2)]
    with refused_by("second_opinion_of_somebody_else"), transaction.atomic():
        SecondOpinion.objects.create(flag=flag, asked_by=office, asked_of=office, note="?")
    SecondOpinion.objects.create(flag=flag, asked_by=office, asked_of=others[0], note="?")
    with refused_by("second_opinion_one_open_per_flag"), transaction.atomic():
        SecondOpinion.objects.create(flag=flag, asked_by=office, asked_of=others[1], note="?")


def test_a_spot_check_is_open_or_says_who_when_and_whether(town, unit, office):
    flag = factories.make_flag(factories.make_run(town), unit, *town.spot())
    review = records.make_review(flag, by=office)
    with refused_by("spot_check_is_open_or_complete"), transaction.atomic():
        SpotCheck.objects.create(review=review, agrees=True)
    SpotCheck.objects.create(review=review)


def test_rule_sets_are_never_edited_or_deleted(rule_set):
    for change in (lambda: type(rule_set).objects.update(note="另一依据"), rule_set.delete):
        with refused_by("pgtrigger_rule_set_is_kept", DatabaseError), transaction.atomic():
            change()


def test_reports_and_routings_of_a_case_stay_and_a_case_with_them_too(case):
    source, routing = records.make_source(case, "media", note="见报"), records.make_routing(case)
    with refused_by("pgtrigger_case_source_is_fixed", DatabaseError), transaction.atomic():
        CaseSource.objects.update(note="改过的说明")
    with refused_by("pgtrigger_case_source_is_kept", DatabaseError), transaction.atomic():
        source.delete()
    for change in (lambda: CaseRouting.objects.update(ground="illegal_land_use"), routing.delete):
        with refused_by("pgtrigger_case_routing_is_kept", DatabaseError), transaction.atomic():
            change()
    with pytest.raises(ProtectedError):
        case.delete()
    CaseSource.objects.update(left_at=timezone.now(), left_reason="误报")


@pytest.mark.parametrize("column", ["sha256", "original_path", "taken_at", "position", "accuracy_m", "exif"])
def test_what_a_photo_proves_is_never_changed(unit, town, office, column):
    photo = records.make_photo(unit, *town.spot(), by=office)
    other = {"taken_at": timezone.now(), "position": factories.point(113.7, 34.8), "accuracy_m": 1.5, "exif": {"a": 1}}
    with refused_by("pgtrigger_photo_evidence_is_fixed", DatabaseError), transaction.atomic():
        Photo.objects.update(**{column: other.get(column, "f" * 64)})
    with refused_by("pgtrigger_photo_is_kept", DatabaseError), transaction.atomic():
        Photo.objects.filter(pk=photo.pk).delete()
    Photo.objects.update(item="found", marks=[])
