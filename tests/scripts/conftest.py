import pytest

from tests.scripts.checkout import Checkout


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "a checkout")
