"""The scene, a planner and a census officer of its county, and a client that speaks as the page does."""

import json

import pytest
from django.test import Client

from geo.roles import Role
from tests.factories import make_user
from tests.geo.drawing.scene import make_scene


class Page:
    """The drawing page's side of the conversation."""

    def __init__(self, user, address: str) -> None:
        self.user, self.address = user, address
        self.client = Client()
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def get(self, part: str = "data/"):
        return self.client.get(self.address + part)

    def data(self) -> dict:
        return self.get().json()

    def zone(self, code_end: str) -> dict:
        return next(zone for zone in self.data()["zones"] if zone["code"].endswith(code_end))

    def post(self, part: str, body: dict):
        return self.client.post(f"{self.address}{part}/", json.dumps(body), content_type="application/json")

    def save(self, *changes: dict):
        return self.post("save", {"changes": list(changes)})


def change_of(zone: dict, **fields) -> dict:
    """A stored zone as the page sends it back."""
    return {"key": f"z{zone['id']}", **zone, **fields}


@pytest.fixture
def scene(town):
    return make_scene(town)


@pytest.fixture
def planner(scene, town):
    return Page(make_user(Role.PLANNER, town.counties[0]), scene.address)


@pytest.fixture
def second(scene, town):
    return Page(make_user(Role.CENSUS, town.townships[0][0], display_name="普查员老王"), scene.address)
