"""The Makefile promises only what its scripts do."""

import os
import re

import pytest

from tests.architecture.tracked import ROOT

NAMED = sorted(set(re.findall(r"scripts/([\w-]+)", (ROOT / "Makefile").read_text(encoding="utf-8"))) - {"with-env"})


@pytest.mark.parametrize("name", NAMED)
def test_a_script_that_a_target_calls_is_there_and_can_be_run(name):
    assert os.access(ROOT / "scripts" / name, os.X_OK)
