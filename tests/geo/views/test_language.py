"""Chinese by default, complete English by choice."""

import re

import pytest
from django.conf import settings
from django.utils import translation

from geo.roles import Role
from tests.factories import make_user

CJK = re.compile(r"[\u4e00-\u9fff]")
PAGES = ("/cases/", "/penalties/", "/snapshots/", "/diffs/", "/map/", "/inspections/", "/buildings/", "/clinics/")


def words_of(html: str) -> str:
    """What a person reads: no scripts, styles, tags, and nothing that a user or a document wrote."""
    html = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", html)
    return re.sub(r"<[^>]+>", " ", html)


@pytest.fixture(autouse=True)
def _english_ends_with_the_test():
    """The last request's language stays with the thread: the next test would find it."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def office(client, town):
    client.force_login(make_user(Role.OFFICE, town.city, username="office"))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_chinese_until_english_is_chosen_and_then_no_chinese_is_left(office, page, town):
    assert CJK.search(words_of(office.get(page).content.decode()))

    office.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    answer = office.get(page)

    assert answer.status_code == 200
    words = words_of(answer.content.decode()).replace("中文", "")
    for name in sorted(type(town.city).objects.values_list("name", flat=True), key=len, reverse=True):
        words = words.replace(name, "")
    assert not CJK.search(words), CJK.findall(words)[:40]
