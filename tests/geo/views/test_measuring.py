"""Length and area of what was clicked on the map."""

import json

import pytest
from django.core.cache import cache
from shapely.geometry import LineString, Polygon

from geo.measure import area_m2, length_m
from geo.roles import Role
from geo.views.measuring import MOST_A_MINUTE
from tests.factories import make_user

PLACES = [[113.605, 34.705], [113.606, 34.705], [113.606, 34.706], [113.605, 34.706]]


@pytest.fixture(autouse=True)
def nobody_asked_yet():
    cache.clear()


@pytest.fixture
def ask(client):
    """A function that asks as a person for the measure of some places."""

    def asking(user, **body):
        if user is not None:
            client.force_login(user)
        asked = {"kind": "area", "points": PLACES, "zoom": 18, "pointer": "mouse", **body}
        return client.post("/api/measure/", json.dumps(asked), content_type="application/json")

    return asking


@pytest.fixture
def planner(town):
    return make_user(Role.PLANNER, town.city)


def test_an_area_is_the_one_of_geo_measure_with_the_error_of_the_clicks(planner, ask):
    answer = ask(planner).json()
    assert answer["area_m2"] == pytest.approx(area_m2(Polygon(PLACES)).area_m2)
    assert answer["perimeter_m"] == pytest.approx(length_m(Polygon(PLACES)))
    # At zoom 18 and 34.7° a pixel is 0.491 m; 1.5 of them on a rectangle of 91.6 m × 110.9 m make about 106 m².
    assert answer["uncertainty_m2"] == pytest.approx(0.736 * (91.6**2 + 110.9**2) ** 0.5, rel=0.02)


def test_a_length_is_the_one_of_geo_measure_and_fingers_are_less_exact_than_a_mouse(planner, ask):
    by_mouse = ask(planner, kind="length").json()
    by_finger = ask(planner, kind="length", pointer="touch").json()
    assert by_mouse["length_m"] == by_finger["length_m"] == pytest.approx(length_m(LineString(PLACES)))
    assert by_finger["uncertainty_m"] == pytest.approx(by_mouse["uncertainty_m"] * 4.0 / 1.5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"points": [PLACES[0], PLACES[2], PLACES[1], PLACES[3]]}, "边线相互交叉"),
        ({"points": PLACES[:2]}, "至少需要 3 个不同的点"),
        ({"points": [PLACES[0]] * 9}, "至少需要 3 个不同的点"),
        ({"kind": "length", "points": PLACES[:1]}, "至少需要 2 个不同的点"),
        ({"points": [[113.6 + n * 1e-4, 34.7] for n in range(501)]}, "一次最多量 500 个点，现在有 501 个"),
        ({"points": [*PLACES, [113.6, 89]]}, "有一个点不在地图范围内"),
        ({"points": [*PLACES, [113.6, None]]}, "无法读取"),
        ({"points": [*PLACES, [True, False]]}, "无法读取"),
        ({"points": "everywhere"}, "无法读取"),
        ({"kind": "volume"}, "无法读取"),
        ({"zoom": 99}, "无法读取"),
        ({"pointer": "nose"}, "无法读取"),
        ({"kind": "length", "points": [[113.6, 34.7], [113.6 + 1e-10, 34.7]]}, "图形太小"),
        ({"kind": "length", "points": [[-170, 34.7], [170, 34.7]]}, "超过半个地球"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_words(planner, ask, body, said):
    response = ask(planner, **body)
    assert response.status_code == 422
    assert said in response.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"kind": "area", "points": [[NaN, 1]]}'])
def test_what_is_no_question_at_all_is_refused_too(planner, client, body):
    client.force_login(planner)
    response = client.post("/api/measure/", body, content_type="application/json")
    assert response.status_code == 422
    assert "无法读取" in response.json()["detail"]


def test_who_asks_too_often_is_told_how_long_to_wait_and_others_are_not_kept(planner, town, ask):
    for _ in range(2):
        answers = [ask(planner) for _ in range(MOST_A_MINUTE + 1)]
        if answers[-1].status_code == 429:
            break
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "请求太频繁" in answers[-1].json()["detail"]
    assert ask(make_user(Role.PLANNER, town.counties[0])).status_code == 200


def test_a_visitor_and_a_person_without_a_post_measure_nothing(db, ask):
    assert ask(None).status_code == 401
    assert ask(make_user()).status_code == 403
