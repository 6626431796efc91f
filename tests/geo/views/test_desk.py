"""The inbox, saved filters, the last place of the map, and the desk of the digital centre."""

import datetime

import pytest
from django.utils import timezone

from geo.actions.desk import MOST_FILTERS, CannotKeep, kept_query, save_filter
from geo.actions.notices import prune_notices, tell, tell_of_run, tell_of_snapshot
from geo.models import MapPlace, Notice, NoticeKind, SavedFilter
from geo.models.notice import READ_KEPT, UNREAD_KEPT
from geo.roles import Act, Role
from tests.factories import make_run, make_snapshot, make_user


@pytest.fixture
def officer(town):
    return make_user(Role.COUNTY, town.counties[0])


def say(user, town, number=1, **fields):
    tell(
        **{
            "to": [user],
            "kind": NoticeKind.CASE_ROUTED,
            "key": f"k{number}",
            "link": "/cases/",
            "by": None,
            "facts": {"case": f"A-{number}", "by": "x"},
            "act": Act.SEE_CASES,
            "unit": town.counties[0],
            **fields,
        }
    )
    return Notice.objects.get(to=user, key=f"k{number}")


# --- the inbox ------------------------------------------------------------------------------------------------------
def test_the_inbox_shows_the_newest_first_and_filters(town, officer, client):
    old, new = say(officer, town, 1), say(officer, town, 2, kind=NoticeKind.STAGE_OVERDUE)
    Notice.objects.filter(pk=old.pk).update(read_at=timezone.now())
    client.force_login(officer)

    def shown(query):
        return [notice.pk for notice in client.get(f"/inbox/{query}").context["page"]]

    assert shown("") == [new.pk, old.pk]
    assert shown("?show=unread") == [new.pk]
    assert shown("?kind=case_routed") == [old.pk]
    assert shown("?kind=case_routed&show=unread") == []


def test_opening_marks_as_read_and_goes_there_and_a_get_changes_nothing(town, officer, client):
    notice = say(officer, town)
    client.force_login(officer)
    assert client.get(f"/inbox/{notice.pk}/").status_code == 405
    assert client.get("/api/inbox/unread/").json() == {"unread": 1}
    assert client.post(f"/inbox/{notice.pk}/")["Location"] == "/cases/"
    assert client.get("/api/inbox/unread/").json() == {"unread": 0}
    assert client.post(f"/inbox/{notice.pk}/", {"stay": "1"})["Location"] == "/inbox/"


def test_all_are_marked_as_read_and_another_persons_are_not(town, officer, client):
    colleague = make_user(Role.COUNTY, town.counties[0])
    for number in range(3):
        say(officer, town, number)
    theirs = say(colleague, town, 9)
    client.force_login(officer)
    client.post("/inbox/read/")
    assert Notice.objects.for_user(officer).unread().count() == 0
    assert Notice.objects.for_user(colleague).unread().count() == 1
    assert client.post(f"/inbox/{theirs.pk}/").status_code == 404
    assert Notice.objects.for_user(colleague).unread().count() == 1


def test_the_same_act_told_again_neither_doubles_nor_becomes_unread(town, officer):
    notice = say(officer, town)
    Notice.objects.filter(pk=notice.pk).update(read_at=timezone.now())
    say(officer, town)
    assert Notice.objects.get(to=officer).read_at is not None


def test_a_notice_of_a_place_that_is_not_the_readers_is_not_shown(town, officer, client):
    say(officer, town, unit=town.counties[1])
    client.force_login(officer)
    assert "A-1" not in client.get("/inbox/").content.decode()
    assert client.get("/api/inbox/unread/").json() == {"unread": 0}


def test_a_notice_for_an_act_that_the_post_lacks_is_not_shown(town, officer):
    say(officer, town, act=Act.ISSUE_PENALTIES)
    assert not Notice.objects.for_user(officer).exists()


def test_old_notices_are_forgotten_read_ones_sooner(town, officer):
    now = timezone.now()
    for number, (made, read) in enumerate(
        [
            (READ_KEPT + datetime.timedelta(days=1), READ_KEPT + datetime.timedelta(hours=1)),
            (READ_KEPT + datetime.timedelta(days=1), READ_KEPT - datetime.timedelta(hours=1)),
            (UNREAD_KEPT + datetime.timedelta(days=1), None),
            (UNREAD_KEPT - datetime.timedelta(days=1), None),
        ]
    ):
        notice = say(officer, town, number)
        Notice.objects.filter(pk=notice.pk).update(made_at=now - made, read_at=now - read if read else None)
    assert prune_notices() == 2
    assert sorted(Notice.objects.values_list("key", flat=True)) == ["k1", "k3"]


# Session, person, postings; kinds; unread; count; rows.
QUERIES_OF_THE_INBOX = 7


def test_the_inbox_asks_as_often_for_many_as_for_few(town, officer, client, django_assert_num_queries):
    client.force_login(officer)
    for number in range(12):
        say(officer, town, number)
        if number in (0, 11):
            with django_assert_num_queries(QUERIES_OF_THE_INBOX):
                client.get("/inbox/")
    with django_assert_num_queries(4):  # session, person, postings, count
        client.get("/api/inbox/unread/")


def test_an_empty_inbox_says_what_will_be_here_and_a_visitor_gets_none(town, officer, client):
    assert client.get("/api/inbox/unread/").status_code == 401
    client.force_login(officer)
    assert "还没有通知" in client.get("/inbox/").content.decode()


def test_the_starter_is_told_how_a_run_ended_and_the_loader_of_a_snapshot(town, client):
    centre = make_user(Role.CENTRE, town.city)
    run = make_run(town, requested_by=centre, finished_at=timezone.now(), flag_count=4)
    for _time in range(2):
        tell_of_run(run)
    refused = make_snapshot(town, datetime.date(2026, 9, 1), state="refused", reason="没有坐标", loaded_by=centre)
    refused.units.clear()
    tell_of_snapshot(refused)
    assert [notice.kind for notice in Notice.objects.for_user(centre)] == ["snapshot_refused", "run_finished"]
    client.force_login(centre)
    text = client.get("/inbox/").content.decode()
    assert "图斑 4 个" in text
    assert "没有通过检查" in text


# --- saved filters --------------------------------------------------------------------------------------------------
def test_a_filter_is_saved_used_renamed_made_default_and_deleted(town, officer, client):
    client.force_login(officer)
    answer = client.post("/filters/", {"page": "case-list", "name": "逾期的", "query": "due=overdue&page=3&state="})
    row = SavedFilter.objects.get(user=officer)
    assert row.query == "due=overdue"
    assert answer["Location"] == f"/cases/?due=overdue&saved={row.pk}"
    shelf = client.get(answer["Location"]).context["shelf"]
    assert shelf.current["filter"] == row
    client.post(f"/filters/{row.pk}/", {"do": "rename", "name": "急办"})
    assert "急办" in client.get("/cases/").content.decode()
    client.post(f"/filters/{row.pk}/", {"do": "default"})
    assert client.get("/cases/")["Location"] == f"/cases/?due=overdue&saved={row.pk}"
    assert client.get(f"/cases/?saved={row.pk}").status_code == 200, "cleared by hand, it stays cleared"
    client.post(f"/filters/{row.pk}/", {"do": "no_default"})
    assert client.get("/cases/").status_code == 200
    client.post(f"/filters/{row.pk}/", {"do": "delete"})
    assert not SavedFilter.objects.exists()


def test_one_default_a_table_and_none_of_the_other_tables(town, officer, client):
    client.force_login(officer)
    rows = [
        save_filter(by=officer, page=page, name=name, query="state=found")
        for page, name in (("case-list", "a"), ("case-list", "b"), ("task-list", "a"))
    ]
    for row in rows:
        client.post(f"/filters/{row.pk}/", {"do": "default"})
    assert list(SavedFilter.objects.filter(is_default=True).values_list("page", "name").order_by("page")) == [
        ("case-list", "b"),
        ("task-list", "a"),
    ]
    assert client.get("/tasks/").status_code == 302


def test_another_persons_filter_does_not_exist(town, officer, client):
    row = save_filter(by=officer, page="case-list", name="我的", query="state=found")
    client.force_login(make_user(Role.COUNTY, town.counties[0]))
    assert "我的<" not in client.get("/cases/").content.decode()
    for do in ("rename", "delete", "default"):
        assert client.post(f"/filters/{row.pk}/", {"do": do, "name": "x"}).status_code == 404
    assert SavedFilter.objects.get().name == "我的"


def test_a_name_is_needed_taken_names_and_too_many_are_refused(town, officer, client):
    client.force_login(officer)
    client.post("/filters/", {"page": "case-list", "name": "", "query": "state=found"})
    client.post("/filters/", {"page": "elsewhere", "name": "x", "query": "state=found"})
    client.post("/filters/", {"page": "case-list", "name": "x", "query": "page=2"})
    assert not SavedFilter.objects.exists()
    for number in range(MOST_FILTERS):
        save_filter(by=officer, page="case-list", name=str(number), query="state=found")
    with pytest.raises(CannotKeep):
        save_filter(by=officer, page="case-list", name="one more", query="state=found")
    row = save_filter(by=officer, page="case-list", name="0", query="state=closed")  # the same name is put right
    assert row.query == "state=closed"
    client.post(f"/filters/{row.pk}/", {"do": "rename", "name": "1"})
    assert SavedFilter.objects.get(pk=row.pk).name == "0"


def test_what_is_kept_of_an_address_is_its_filter_in_one_order():
    assert kept_query("sort=due&state=found&page=2&saved=7&q=") == kept_query("state=found&sort=due")


# --- the map ----------------------------------------------------------------------------------------------------------
def test_the_map_opens_where_the_person_was_last_and_nobody_elses(town, client):
    planner, colleague = make_user(Role.PLANNER, town.city), make_user(Role.PLANNER, town.city)
    client.force_login(planner)
    assert client.get("/map/").context["config"]["lastPlace"] is None
    assert client.post("/map/place/", {"lon": "113.62", "lat": "34.71", "zoom": "17"}).status_code == 204
    client.post("/map/place/", {"lon": "113.63", "lat": "34.72", "zoom": "18"})
    place = client.get("/map/").context["config"]["lastPlace"]
    assert (place["lon"], place["lat"], place["zoom"]) == (113.63, 34.72, 18)
    client.force_login(colleague)
    assert client.get("/map/").context["config"]["lastPlace"] is None
    assert MapPlace.objects.count() == 1


@pytest.mark.parametrize("place", [{}, {"lon": "nan", "lat": "1", "zoom": "3"}, {"lon": "1", "lat": "95", "zoom": "3"}])
def test_a_place_that_is_none_is_not_kept(town, client, place):
    client.force_login(make_user(Role.PLANNER, town.city))
    assert client.post("/map/place/", place).status_code == 400
    assert not MapPlace.objects.exists()


# --- the digital centre ---------------------------------------------------------------------------------------------
# Session, person, postings; own city; four figures; snapshots; runs.
QUERIES_OF_THE_CENTRE = 10


def test_the_centre_begins_with_its_snapshots_and_runs(town, client, django_assert_num_queries):
    make_run(town)
    make_run(town, state="failed", error="坏了")
    client.force_login(make_user(Role.CENTRE, town.city))
    with django_assert_num_queries(QUERIES_OF_THE_CENTRE):
        response = client.get("/imagery/")
    assert response.context["figures"]["failed"] == 1
    assert len(response.context["runs"]) == 2
    client.force_login(make_user(Role.CENTRE, town.counties[1]))
    assert client.get("/imagery/").status_code == 200
