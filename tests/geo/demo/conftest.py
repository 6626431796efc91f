"""A small demo town, generated once for all tests of it."""

from pathlib import Path

import pytest

from geo.demo.generate import generate


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "town"
    generate(folder, seed=7, scale="small")
    return folder
