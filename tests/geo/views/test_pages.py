"""The start page, the map page, sign-in and what is shown when something is refused."""

import datetime
import json
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from geo.roles import Role
from tests.factories import PASSWORD, make_snapshot, make_user


def config_of(response) -> dict:
    """The data that the map page hands to its script."""
    found = re.search(
        r'<script id="map-config" type="application/json">(.*?)</script>', response.content.decode(), re.S
    )
    return json.loads(found[1])


@pytest.fixture
def as_person(client):
    """A function that opens a page as a person."""

    def opening(user, path):
        client.force_login(user)
        return client.get(path)

    return opening


@pytest.mark.parametrize(
    ("role", "begins_at"),
    [
        (Role.INSPECTOR, "/field/"),
        (Role.SUPERVISOR, "/review/"),
        (Role.TOWNSHIP, "/deadlines/"),
        (Role.COUNTY, "/deadlines/"),
        (Role.BUREAU, "/deadlines/"),
        (Role.BRIGADE, "/deadlines/"),
        (Role.OFFICE, "/month/"),
        (Role.FINANCE, "/penalties/"),
        (Role.CENTRE, "/imagery/"),
        (Role.PLANNER, "/map/"),
        (Role.HEALTH, "/clinics/"),
        (Role.CENSUS, "/drawing/"),
    ],
)
def test_everybody_begins_at_their_own_work(town, as_person, role, begins_at):
    response = as_person(make_user(role, town.counties[0]), "/")
    assert response.status_code == 302
    assert response["Location"] == begins_at


def test_a_person_without_a_post_is_told_so(db, as_person):
    response = as_person(make_user(), "/")
    assert response.status_code == 403
    assert "还没有任职" in response.content.decode()


def test_the_map_has_the_layers_of_the_post(town, as_person):
    config = config_of(as_person(make_user(Role.OFFICE, town.city), "/map/"))
    names = [layer["name"] for layer in config["layers"]]
    assert {"units", "buildings", "permits", "flags", "cases", "clinics", "census_zones", "control_areas"} <= set(names)
    assert names.index("units") < names.index("buildings") < names.index("flags") < names.index("cases")
    assert all(layer["tiles"].endswith("/{z}/{x}/{y}.mvt") for layer in config["layers"])


def test_the_map_of_a_planner_has_no_cases_and_no_flags(town, as_person):
    names = {layer["name"] for layer in config_of(as_person(make_user(Role.PLANNER, town.city), "/map/"))["layers"]}
    assert "buildings" in names
    assert not names & {"cases", "flags"}


def test_the_map_opens_over_ones_own_area(town, as_person):
    config = config_of(as_person(make_user(Role.COUNTY, town.counties[1]), "/map/"))
    assert config["bounds"] == pytest.approx([113.61, 34.70, 113.62, 34.74])


def test_snapshots_are_offered_by_date_newest_first(town, as_person):
    for day in (datetime.date(2026, 3, 18), datetime.date(2026, 6, 20), datetime.date(2026, 6, 20)):
        make_snapshot(town, day)
    make_snapshot(town, datetime.date(2026, 9, 1), state="refused", reason="没有坐标")
    flights = config_of(as_person(make_user(Role.OFFICE, town.city), "/map/"))["flights"]
    assert [(flight["date"], len(flight["snapshots"])) for flight in flights] == [("2026-06-20", 2), ("2026-03-18", 1)]
    assert flights[0]["label"] == "2026年6月20日"


def test_a_post_without_snapshots_is_offered_none(town, as_person):
    make_snapshot(town, datetime.date(2026, 3, 18))
    page = as_person(make_user(Role.FINANCE, town.city), "/map/")
    assert config_of(page)["flights"] == []
    assert "航拍影像" not in page.content.decode()
    assert 'data-tool="time"' not in page.content.decode()


@pytest.mark.parametrize(
    ("role", "own"), [(Role.HEALTH, "clinics"), (Role.CENSUS, "census_zones")], ids=["health", "census"]
)
def test_the_map_opens_with_the_layer_that_a_post_works_on(town, as_person, role, own):
    def opened(who):
        layers = config_of(as_person(make_user(who, town.city), "/map/"))["layers"]
        return {layer["name"]: layer["shown"] for layer in layers}

    assert opened(role)[own]
    assert not opened(Role.OFFICE)[own]


def test_the_page_has_no_inline_scripts_styles_or_handlers(town, as_person):
    page = as_person(make_user(Role.OFFICE, town.city), "/map/").content.decode()
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r"\son\w+=", page)
    assert "<style" not in page
    assert not re.search(r"\sstyle=", page)


def test_a_visitor_signs_in_and_comes_back_to_where_they_were_going(town, client):
    make_user(Role.OFFICE, town.city, username="office")
    turned_away = client.get("/map/")
    assert turned_away.status_code == 302
    page = client.get(turned_away["Location"])
    assert "用户名" in page.content.decode()
    back = client.post(turned_away["Location"], {"login": "office", "password": PASSWORD, "next": "/map/"})
    assert back["Location"] == "/map/"


def test_too_many_wrong_passwords_lock_the_name_with_a_page_that_says_how_long(town, client, settings):
    settings.AXES_FAILURE_LIMIT = 3
    make_user(Role.OFFICE, town.city, username="office")
    for _ in range(3):
        response = client.post("/accounts/login/", {"login": "office", "password": "wrong"})
    assert response.status_code == 429
    assert "15 分钟" in response.content.decode()
    right = client.post("/accounts/login/", {"login": "office", "password": PASSWORD})
    assert right.status_code == 429


def test_signing_out_is_a_post_and_ends_the_session(town, client):
    client.force_login(make_user(Role.OFFICE, town.city), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/map/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/map/").status_code == 302


def test_nobody_signs_up(db, client):
    page = client.get("/accounts/signup/").content.decode()
    assert "不开放自行注册" in page


def test_a_missing_post_is_answered_with_who_has_it(town, as_person):
    response = as_person(make_user(Role.FINANCE, town.city), "/review/")
    assert response.status_code == 403
    assert "审核员" in response.content.decode()


def test_an_address_that_is_none_says_so_in_our_frame(town, as_person):
    response = as_person(make_user(Role.OFFICE, town.city), "/no-such-page/")
    assert response.status_code == 404
    assert "没有找到此页" in response.content.decode()


def test_the_language_is_switched_by_a_post_and_kept(town, client):
    client.force_login(make_user(Role.OFFICE, town.city))
    assert 'lang="zh-hans"' in client.get("/map/").content.decode()
    client.post("/i18n/setlang/", {"language": "en", "next": "/map/"})
    assert '<html lang="en">' in client.get("/map/").content.decode()


@pytest.mark.django_db
def test_the_styleguide_is_for_administrators(client, town):
    assert client.get("/styleguide/").status_code == 404
    client.force_login(make_user(Role.OFFICE, town.city))
    assert client.get("/styleguide/").status_code == 404
    client.force_login(make_user(is_staff=True))
    assert client.get("/styleguide/").status_code == 200


# The frame of every page has these, the styleguide's too.
FRAME = {"site_nav", "user_menu", "language_switch", "messages", "search"}
TAGS = {"state": "page_state", "field": "form_field"}  # tags that are not named as their file


def test_the_styleguide_shows_every_component_of_its_own_file():
    templates = Path(django_settings.BASE_DIR) / "geo/templates"
    guide = (templates / "styleguide.html").read_text()
    names = {path.stem for path in (templates / "components").glob("*.html")}
    shown = {name for name in names if f"components/{name}.html" in guide or f"{{% {TAGS.get(name, name)} " in guide}
    assert names - shown == FRAME


@pytest.mark.django_db
def test_pages_run_no_script_and_load_no_thing_from_elsewhere(client, town, settings):
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "tianditu" not in policy
    settings.TIANDITU_KEY = "key"
    assert "https://*.tianditu.gov.cn" in client.get("/accounts/login/").headers["Content-Security-Policy"]
