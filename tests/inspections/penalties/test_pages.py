from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from geo.models import Unit, UnitLevel
from geo.roles import Role
from inspections.actions.account import deduct_penalty
from inspections.actions.cases import open_or_join_case, route_case
from inspections.actions.penalties import draft_county, issue_decision
from inspections.models import AccountEntry, DemolitionRecord, PenaltyDecision
from tests.factories import make_user
from tests.inspections.cases.scene import determine, determined_case, make_flag_at
from tests.inspections.cases.sheets import column_of, rows_of
from tests.inspections.penalties.scene import LAST_MONTH, MONTH_BEFORE, on

LIST = "/penalties/"


@pytest.fixture
def case(town, people):
    return determined_case(town, people, at=on(MONTH_BEFORE, 20))


@pytest.fixture
def draft(town, people, case):
    return draft_county(county=town.counties[0], month=LAST_MONTH)


@pytest.fixture
def issued(town, people, case):
    return issue_decision(decision=draft_county(county=town.counties[0], month=MONTH_BEFORE), by=people.office)


@pytest.fixture
def office(client, people):
    client.force_login(people.office)
    return client


def sign_in(client, person):
    client.force_login(person)
    return client


def words_of(pdf):
    """All text without blanks: the watermark is set with wide spaces."""
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_months_go_down_and_counties_across(town, office, draft, issued):
    response = office.get(LIST)
    assert [row.month for row in response.context["rows"]] == [LAST_MONTH.first_day, MONTH_BEFORE.first_day]
    assert [found for _county, found in response.context["rows"][0].cells] == [draft, None]
    assert response.context["to_approve"] == [draft]
    assert response.context["to_deduct"] == [issued]


def test_a_month_is_drafted_from_the_page(office, case):
    response = office.post("/penalties/draft/", {"month": str(LAST_MONTH)}, follow=True)
    assert "38,520.00" in response.content.decode()
    assert PenaltyDecision.objects.get().state == "draft"


@pytest.mark.parametrize("month", ["", "2019-01", "garbage"])
def test_a_month_that_is_not_offered_is_refused(office, case, month):
    assert office.post("/penalties/draft/", {"month": month}).status_code == 400
    assert not PenaltyDecision.objects.exists()


def test_a_draft_is_issued_deducted_and_booked_through_the_pages(people, client, draft):
    sign_in(client, people.office)
    page = client.get(f"/penalties/{draft.pk}/")
    assert page.context["may_issue"]
    assert not page.context["may_deduct"]
    client.post(f"/penalties/{draft.pk}/issue/")
    draft.refresh_from_db()
    assert draft.state == "issued"
    sign_in(client, people.finance)
    assert client.get(f"/penalties/{draft.pk}/").context["may_deduct"]
    client.post(f"/penalties/{draft.pk}/deduct/")
    assert AccountEntry.objects.get().decision == draft
    assert "38,520.00" in client.get("/account/").content.decode()


def test_a_stale_draft_is_refused_with_words_and_redrawn_by_a_button(office, people, case, draft):
    PenaltyDecision.objects.filter(pk=draft.pk).update(amount=draft.amount)
    assert "起草之后情况有变化" not in office.get(f"/penalties/{draft.pk}/").content.decode()
    draft.lines.update(area_m2=1, amount=300)
    assert "起草之后情况有变化" in office.get(f"/penalties/{draft.pk}/").content.decode()
    response = office.post(f"/penalties/{draft.pk}/issue/")
    assert response.status_code == 400
    assert "重新起草" in response.content.decode()
    office.post(f"/penalties/{draft.pk}/redraft/")
    assert draft.lines.get().amount == 38520


def test_a_draft_prints_with_a_watermark_and_an_issued_one_is_the_kept_print(office, draft, issued):
    printed = office.get(f"/penalties/{draft.pk}/pdf/")
    assert printed["Content-Type"] == "application/pdf"
    assert "草稿" in words_of(printed.content)
    kept = b"".join(office.get(f"/penalties/{issued.pk}/pdf/").streaming_content)
    assert issued.number in words_of(kept)


def test_a_correction_goes_in_and_out_through_the_page(office, case, issued, draft):
    fields = {
        "case_number": case.number,
        "corrects": str(MONTH_BEFORE),
        "right_area_m2": "100",
        "reason": "复测",
    }
    office.post(f"/penalties/{draft.pk}/correct/", fields)
    line = draft.lines.get(kind="correction")
    assert line.amount == -8520
    again = office.post(f"/penalties/{draft.pk}/correct/", fields)
    assert again.status_code == 400
    office.post(f"/penalties/{draft.pk}/drop/", {"line": line.pk})
    assert not draft.lines.filter(kind="correction").exists()


def test_a_correction_of_an_unknown_case_is_named(office, draft):
    fields = {"case_number": "X-1", "corrects": str(MONTH_BEFORE), "right_area_m2": "1", "reason": "x"}
    response = office.post(f"/penalties/{draft.pk}/correct/", fields)
    assert response.status_code == 400
    assert "X-1" in response.content.decode()


def test_the_neighbour_county_does_not_see_the_decision(town, client, issued):
    neighbour = sign_in(client, make_user(Role.COUNTY, town.counties[1]))
    assert neighbour.get(LIST).context["rows"] == []
    assert neighbour.get(f"/penalties/{issued.pk}/").status_code == 404
    assert neighbour.get(f"/penalties/{issued.pk}/pdf/").status_code == 404


def test_the_own_county_reads_but_does_not_act(people, client, draft, issued):
    county = sign_in(client, people.county)
    page = county.get(f"/penalties/{draft.pk}/")
    assert page.status_code == 200
    assert not any(page.context[name] for name in ("may_draft", "may_issue", "may_deduct"))
    for act in ("issue", "deduct", "redraft", "correct", "drop"):
        assert county.post(f"/penalties/{draft.pk}/{act}/").status_code == 403
    assert county.get("/account/").status_code == 403


def test_an_office_of_one_county_cannot_touch_the_other(town, client, issued):
    elsewhere = sign_in(client, make_user(Role.OFFICE, town.counties[1]))
    for act in ("issue", "redraft", "correct", "drop"):
        assert elsewhere.post(f"/penalties/{issued.pk}/{act}/").status_code == 404


def test_nothing_is_issued_by_following_a_link(office, draft):
    assert office.get(f"/penalties/{draft.pk}/issue/").status_code == 405


# --- the special account -----------------------------------------------------------------------------------------
@pytest.fixture
def finance(client, people, issued):
    deduct_penalty(decision=issued, by=people.finance)
    return sign_in(client, people.finance)


def test_a_payment_and_its_counter_entry_go_through_the_page(finance):
    finance.post("/account/spend/", {"purpose": "rewards", "amount": "500", "memo": "举报奖励"})
    entry = AccountEntry.objects.get(debit="rewards")
    finance.post(f"/account/{entry.pk}/reverse/", {"memo": "付错"})
    assert AccountEntry.objects.get(reverses=entry).credit == "rewards"
    text = finance.get("/account/").content.decode()
    assert f"冲销第 {entry.pk} 笔" in text
    assert finance.post(f"/account/{entry.pk}/reverse/", {"memo": "再来"}).status_code == 400


def test_a_payment_beyond_the_balance_comes_back_with_the_balance(finance):
    response = finance.post("/account/spend/", {"purpose": "rewards", "amount": "99999", "memo": "x"})
    assert response.status_code == 400
    assert "38,520.00" in response.content.decode()


def test_a_counter_entry_says_why(finance):
    entry = AccountEntry.objects.get()
    assert finance.post(f"/account/{entry.pk}/reverse/", {"memo": ""}).status_code == 400
    assert AccountEntry.objects.count() == 1


def test_the_account_is_exported_with_every_entry(finance):
    rows = rows_of(finance.get("/account/export.xlsx").content)
    assert rows[2][column_of(rows, "金额(元)")] == 38520
    assert "扣缴" in rows[2][column_of(rows, "摘要")]


def test_the_office_reads_the_account_but_enters_nothing(finance, people):
    office = sign_in(finance, people.office)
    assert office.get("/account/").status_code == 200
    assert office.post("/account/spend/", {}).status_code == 403


def test_an_entry_of_the_neighbour_does_not_exist(town, client, people, issued):
    deduct_penalty(decision=issued, by=people.finance)
    elsewhere = sign_in(client, make_user(Role.FINANCE, town.counties[1]))
    assert elsewhere.get("/account/").context["page"].paginator.count == 0
    assert elsewhere.post(f"/account/{AccountEntry.objects.get().pk}/reverse/", {"memo": "x"}).status_code == 404


@pytest.fixture
def contradictory(people, case):
    """A demolition from before the determination, as only a repair by hand or an import can leave it."""
    DemolitionRecord.objects.create(
        case=case, remaining_m2=Decimal(0), demolished_at=on(MONTH_BEFORE, 19), recorded_by=people.township
    )
    return case


def test_records_that_contradict_are_named_and_stop_only_their_county(town, people, office, issued, contradictory):
    elsewhere = open_or_join_case(flag=make_flag_at(town, county=1), by=make_user(Role.SUPERVISOR, town.city))
    route_case(case=elsewhere, grounds=["no_planning_permit"], by=people.office)
    determine(elsewhere, people, at=on(MONTH_BEFORE, 20))
    page = office.get(f"/cases/{contradictory.number}/")
    assert page.status_code == 200
    assert "互相矛盾" in page.content.decode()
    months = office.get(LIST)
    assert months.status_code == 200
    assert contradictory.number in months.content.decode()
    answer = office.post("/penalties/draft/", {"month": str(LAST_MONTH)}, follow=True)
    assert contradictory.number in answer.content.decode()
    assert PenaltyDecision.objects.get(month=LAST_MONTH.first_day).county == elsewhere.county
    alone = {"month": str(LAST_MONTH), "county": town.counties[0].pk}
    assert office.post("/penalties/draft/", alone).status_code == 400


def test_the_months_take_the_same_queries_for_any_number_of_counties(town, office, issued):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            office.get(LIST)
        return len(captured)

    before = queries()
    for number in (8, 9):
        Unit.objects.create(
            code=f"41990{number}000000",
            name=f"新设{number}区",
            level=UnitLevel.COUNTY,
            parent=town.city,
            boundary=town.counties[0].boundary,
        )
    assert queries() == before


@pytest.mark.parametrize("line", ["²", "x", "", "99999999999999999999"])
def test_a_correction_that_there_is_not_cannot_be_dropped(office, draft, line):
    assert office.post(f"/penalties/{draft.pk}/drop/", {"line": line}).status_code == 404


@pytest.mark.parametrize(("months", "found"), [(1, []), (2, [MONTH_BEFORE]), (12, [MONTH_BEFORE])])
def test_the_list_looks_for_corrections_some_months_back_and_the_county_s_draft_at_all(
    town, people, office, issued, draft, monkeypatch, months, found
):
    """A look at every month there ever was would cost more with each year."""
    monkeypatch.setattr("inspections.views.penalties.CHECKED_MONTHS", months)
    determined_case(town, people, at=on(MONTH_BEFORE, 20), dx=0.007)  # was missed

    def months_found(address):
        return [item.month for item in office.get(address).context["checked"].discrepancies]

    assert months_found(LIST) == found
    assert months_found(f"/penalties/{draft.pk}/") == [MONTH_BEFORE]
