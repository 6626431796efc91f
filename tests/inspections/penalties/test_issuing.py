import hashlib
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pypdf import PdfReader

from geo.refusals import NotAllowed
from inspections.actions.account import deduct_penalty
from inspections.actions.case_guards import MissingReason, WrongState
from inspections.actions.corrections import NothingToCorrect, check_issued, correct_line, drop_correction
from inspections.actions.penalties import DraftIsStale, MonthNotCome, deduct_by, draft_county, issue_decision
from inspections.models import PenaltyDecision, PenaltyLine
from inspections.rules.clock import Month, local_day
from inspections.rules.penalty import cut_off
from tests.inspections.cases.scene import demolish, determine, determined_case
from tests.inspections.penalties.scene import LAST_MONTH, MONTH_BEFORE, THIS_MONTH, on


@pytest.fixture
def case(town, people):
    return determined_case(town, people, at=on(MONTH_BEFORE, 24))


@pytest.fixture
def issued(town, people, case):
    """The decision of the month before last, issued."""
    return issue_decision(decision=draft_county(county=town.counties[0], month=MONTH_BEFORE), by=people.office)


def words_of(pdf):
    """All text without blanks: the watermark is set with wide spaces."""
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_issuing_numbers_prints_and_keeps_the_decision(issued, people, settings):
    assert issued.state == "issued"
    assert issued.number == f"制私扣决〔{timezone.localdate().year}〕第1号"
    assert issued.issued_by == people.office
    pdf = (Path(settings.PRIVATE_ROOT) / issued.pdf_path).read_bytes()
    assert hashlib.sha256(pdf).hexdigest() == issued.pdf_sha256
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    for words in (
        "关于扣缴妨害城市建设经济补偿金决定书",
        issued.number,
        "38,520.00",
        "人民币叁万捌仟伍佰贰拾元整",
        "东城区",
    ):
        assert words in text
    assert "草稿" not in text


def test_numbers_run_on_without_gap(town, people, issued):
    second = issue_decision(decision=draft_county(county=town.counties[0], month=LAST_MONTH), by=people.office)
    assert second.number.endswith("第2号")


@pytest.mark.parametrize("role", ["county", "finance", "supervisor"])
def test_only_the_office_issues(town, people, case, role):
    draft = draft_county(county=town.counties[0], month=MONTH_BEFORE)
    with pytest.raises(NotAllowed):
        issue_decision(decision=draft, by=getattr(people, role))
    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("draft", "")


def test_nothing_is_issued_twice(issued, people):
    with pytest.raises(WrongState, match="已经下达"):
        issue_decision(decision=issued, by=people.office)


def test_nothing_is_issued_before_the_25th_has_ended(town, people, case, monkeypatch):
    draft = draft_county(county=town.counties[0], month=MONTH_BEFORE)
    monkeypatch.setattr(timezone, "now", lambda: cut_off(MONTH_BEFORE))
    with pytest.raises(MonthNotCome, match="核查时点"):
        issue_decision(decision=draft, by=people.office)


def test_a_draft_that_no_longer_fits_the_facts_is_not_issued(town, people, case):
    draft = draft_county(county=town.counties[0], month=MONTH_BEFORE)
    determine(case, people, at=on(MONTH_BEFORE, 25), area="90", reason="复测")
    with pytest.raises(DraftIsStale):
        issue_decision(decision=draft, by=people.office)
    redrawn = draft_county(county=town.counties[0], month=MONTH_BEFORE)
    assert issue_decision(decision=redrawn, by=people.office).amount == Decimal("27000.00")


def test_drafting_again_leaves_an_issued_decision_alone(town, people, case, issued):
    before = PenaltyDecision.objects.values().get(pk=issued.pk)
    demolish(case, people, at=on(MONTH_BEFORE, 25))
    assert draft_county(county=town.counties[0], month=MONTH_BEFORE) == issued
    assert PenaltyDecision.objects.values().get(pk=issued.pk) == before
    assert issued.lines.get().amount == Decimal("38520.00")


@pytest.mark.parametrize(
    "change",
    [
        lambda decision: PenaltyDecision.objects.filter(pk=decision.pk).update(amount=1),
        lambda decision: PenaltyDecision.objects.filter(pk=decision.pk).update(state="draft"),
        lambda decision: PenaltyDecision.objects.filter(pk=decision.pk).delete(),
        lambda decision: decision.lines.update(amount=1),
        lambda decision: decision.lines.all().delete(),
    ],
    ids=["amount", "state", "delete", "line", "lines gone"],
)
def test_the_database_itself_freezes_an_issued_decision(issued, change):
    with pytest.raises(DatabaseError, match="never"), transaction.atomic():
        change(issued)


def test_what_became_known_later_is_shown_as_a_discrepancy(town, people, case, issued):
    assert check_issued([town.counties[0]]).discrepancies == []
    demolish(case, people, at=on(MONTH_BEFORE, 25), remaining="28.40")
    (found,) = check_issued([town.counties[0]]).discrepancies
    assert (found.case, found.month) == (case, MONTH_BEFORE)
    assert (found.charged_m2, found.right_m2) == (Decimal("128.40"), Decimal("28.40"))


def test_a_correction_is_a_new_line_in_a_later_month(town, people, case, issued):
    demolish(case, people, at=on(MONTH_BEFORE, 25), remaining="28.40")
    line = correct(case, people, area="28.40")
    assert (line.area_m2, line.amount, line.kind) == (Decimal("-100.00"), Decimal("-30000.00"), "correction")
    assert line.corrects == issued.lines.get()
    decision = line.decision
    assert decision.month == LAST_MONTH.first_day
    # 28.40 m² still stand: 8,520.00; less 30,000.00 charged too much before.
    assert (decision.area_m2, decision.amount) == (Decimal("28.40"), Decimal("-21480.00"))
    assert check_issued([town.counties[0]]).discrepancies == []


def test_a_structure_that_was_missed_is_charged_later(town, people, case, issued):
    missed = determined_case(town, people, at=on(MONTH_BEFORE, 20), dx=0.007)
    assert [found.case for found in check_issued([town.counties[0]]).discrepancies] == [missed]
    line = correct(missed, people, area="128.40")
    assert (line.amount, line.corrects, line.corrects_month) == (Decimal("38520.00"), None, MONTH_BEFORE.first_day)


def test_a_correction_survives_redrafting_and_is_printed_with_its_reason(town, people, case, issued, settings):
    correct(case, people, area="100", reason="复测面积一百")
    decision = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert decision.lines.count() == 2
    decision = issue_decision(decision=decision, by=people.office)
    pdf = (Path(settings.PRIVATE_ROOT) / decision.pdf_path).read_bytes()
    text = words_of(pdf)
    assert "复测面积一百" in text
    assert "-8,520.00" in text


def test_a_correction_can_be_dropped_from_a_draft_only(town, people, case, issued):
    line = correct(case, people, area="100")
    drop_correction(line=line, by=people.office)
    assert not PenaltyLine.objects.filter(kind="correction").exists()
    line = correct(case, people, area="100")
    issue_decision(decision=line.decision, by=people.office)
    with pytest.raises(WrongState):
        drop_correction(line=line, by=people.office)


def test_a_correction_that_a_later_one_builds_on_is_not_dropped(town, people, case, issued):
    earlier = correct(case, people, area="100")
    later = correct(case, people, area="90", month=THIS_MONTH)
    assert later.area_m2 == Decimal("-10.00")
    with pytest.raises(WrongState, match=str(THIS_MONTH)):
        drop_correction(line=earlier, by=people.office)
    drop_correction(line=later, by=people.office)
    drop_correction(line=earlier, by=people.office)


def correct(case, people, *, area, reason="现场复测", **fields):
    return correct_line(
        **{
            "case": case,
            "corrects": MONTH_BEFORE,
            "right_area_m2": Decimal(area),
            "month": LAST_MONTH,
            "reason": reason,
            "by": people.office,
            **fields,
        }
    )


def test_the_same_correction_twice_in_one_draft_is_refused(case, people, issued):
    correct(case, people, area="100")
    with pytest.raises(WrongState, match="已有"):
        correct(case, people, area="90")


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"area": "128.40"}, NothingToCorrect),
        ({"area": "-1"}, NothingToCorrect),
        ({"area": "100", "month": MONTH_BEFORE}, NothingToCorrect),
        ({"area": "100", "month": LAST_MONTH.next().next()}, MonthNotCome),
        ({"area": "100", "reason": " "}, MissingReason),
        ({"area": "100", "corrects": MONTH_BEFORE.previous()}, WrongState),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(case, people, issued, fields, refusal):
    with pytest.raises(refusal):
        correct(case, people, **fields)
    assert not PenaltyLine.objects.filter(kind="correction").exists()


def test_only_the_office_corrects(case, people, issued):
    with pytest.raises(NotAllowed):
        correct(case, people, area="100", by=people.county)


def test_no_correction_goes_into_a_month_that_was_issued(town, case, people, issued):
    issue_decision(decision=draft_county(county=town.counties[0], month=LAST_MONTH), by=people.office)
    with pytest.raises(WrongState, match="以后的月份"):
        correct(case, people, area="100")


def test_an_issued_decision_may_still_be_deducted(issued, people):
    assert deduct_penalty(decision=issued, by=people.finance).state == "deducted"


def test_a_demolition_after_the_25th_is_no_discrepancy(town, people, case, issued):
    demolish(case, people, at=on(MONTH_BEFORE, 26) + timedelta(hours=1))
    assert check_issued([town.counties[0]]).discrepancies == []


def test_a_decision_issued_late_is_deducted_in_the_month_of_issuing(town, people, case, issued):
    today = timezone.localdate()
    assert local_day(deduct_by(issued)) == Month.of(today).last_day
    draft = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert local_day(deduct_by(draft)) == LAST_MONTH.last_day


def test_case_numbers_stay_in_their_column(town, people, case, issued, settings):
    pdf = (Path(settings.PRIVATE_ROOT) / issued.pdf_path).read_bytes()
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    after = text[text.index(case.number) + len(case.number) :]
    assert after[0].isspace()  # whole, and not running into the place beside it
