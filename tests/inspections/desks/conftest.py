import pytest

from tests.inspections.cases.scene import make_people


@pytest.fixture
def people(town):
    return make_people(town)
