"""The small demo town on disk, and loaded."""

from pathlib import Path

import pytest
from django.core.management import call_command

from geo.demo.generate import generate


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "town"
    generate(folder, seed=7, scale="small")
    return folder


@pytest.fixture
def run(capsys):
    """Run a command and return what it printed."""

    def call(*arguments: object) -> str:
        call_command(*[str(argument) for argument in arguments])
        return capsys.readouterr().out

    return call
