"""The place that somebody typed."""

import pytest

from geo.roles import Role
from tests.factories import make_user


@pytest.fixture
def ask(client, town):
    """A function that asks where a text is."""
    client.force_login(make_user(Role.INSPECTOR, town.communities[0][0]))

    def asking(q, **query):
        return client.get("/api/goto/", {"q": q, "system": "cgcs2000", "near": 113.6, **query})

    return asking


def test_a_place_is_answered_with_how_it_was_read(ask):
    assert ask("34.7, 113.6").json() == {"lon": 113.6, "lat": 34.7, "note": "纬度在前，已对调。"}
    assert "带号由地图位置推定" in ask("464500.0, 3841500.5").json()["note"]
    assert ask("113.6, 34.7", system="gcj02").json()["note"] == "由 GCJ-02 换算，误差约 1 m。"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "请输入坐标"),
        ("城关镇", "没有看懂“城关镇”"),
        ("113.6", "需要两个坐标，读到 1 个"),
        ("113.6--34.7", "没有看懂“113.6--34.7”"),
        ("113°61' 34°2'", "分和秒应小于 60"),
        ("E113 E34", "两个都是经度或都是纬度"),
        ("E200 N3", "经度“E200”超出"),
        ("113.6, 89", "纬度“89”超出"),
        ("1, 999999", "没有恰好一个纵坐标"),
        ("12, 3841500.5", "不像横坐标"),
        ("20512345.6, 3841500.5", "六度带"),
    ],
)
def test_what_was_not_understood_is_said(ask, text, said):
    response = ask(text)
    assert response.status_code == 422
    assert said in response.json()["detail"]


def test_metres_need_a_system_that_has_them_and_a_zone(ask):
    assert "请改选 CGCS2000" in ask("464500.0, 3841500.5", system="wgs84").json()["detail"]
    assert "请加上两位带号" in ask("464500.0, 3841500.5", near=-70).json()["detail"]


@pytest.mark.parametrize("query", [{"system": "mars"}, {"near": "here"}, {"q": "1" * 200}])
def test_a_question_that_the_page_would_not_ask_is_refused(ask, query):
    assert ask(**{"q": "113.6, 34.7", **query}).status_code == 400


def test_a_visitor_is_told_to_sign_in(db, client):
    assert client.get("/api/goto/", {"q": "113.6, 34.7", "system": "wgs84", "near": 0}).status_code == 401
