"""Signing in: who is locked out, and from where."""

import pytest

from geo.roles import Role
from tests.factories import PASSWORD, make_user


@pytest.fixture
def person(town):
    return make_user(Role.SUPERVISOR, town.city, username="shenhe")


def sign_in(client, password, **headers):
    return client.post("/accounts/login/", {"login": "shenhe", "password": password}, **headers)


def wrong_five_times(client, **headers):
    for _ in range(5):
        answer = sign_in(client, "not the password", **headers)
    return answer


def test_five_wrong_passwords_lock_the_account_for_that_address(client, person):
    assert wrong_five_times(client).status_code == 429
    assert sign_in(client, PASSWORD).status_code == 429


def test_behind_a_proxy_somebody_else_s_wrong_passwords_lock_nobody_out(client, person, settings):
    settings.BEHIND_PROXY = True
    wrong_five_times(client, HTTP_X_FORWARDED_FOR="203.0.113.9")

    assert sign_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 429
    assert sign_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 302


def test_without_a_proxy_a_made_up_address_does_not_free_from_the_lock(client, person):
    wrong_five_times(client)

    assert sign_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 429
