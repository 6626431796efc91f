"""The people who review: two of one county, and one of the next."""

import pytest

from geo.roles import Role
from tests.factories import make_user


@pytest.fixture
def supervisor(town):
    return make_user(Role.SUPERVISOR, town.counties[0], display_name="李审核")


@pytest.fixture
def colleague(town):
    return make_user(Role.SUPERVISOR, town.counties[0], display_name="赵审核")


@pytest.fixture
def neighbour(town):
    return make_user(Role.SUPERVISOR, town.counties[1])
