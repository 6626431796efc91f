"""The checks of `make lint`, each as a test, so that pytest's summary speaks for them too."""

import subprocess

import pytest

from tests.architecture.tracked import ROOT

CHECKS = subprocess.run(
    [ROOT / "scripts" / "lint", "--list"], capture_output=True, check=True, text=True
).stdout.split()


@pytest.mark.parametrize("check", CHECKS)
def test_the_source_passes_each_check(check):
    outcome = subprocess.run([ROOT / "scripts" / "lint", check], cwd=ROOT, capture_output=True, text=True, check=False)

    assert outcome.returncode == 0, f"scripts/lint {check}\n{outcome.stdout[-6000:]}\n{outcome.stderr[-3000:]}"


def test_an_unknown_check_is_refused_by_name():
    outcome = subprocess.run([ROOT / "scripts" / "lint", "spelling"], capture_output=True, text=True, check=False)

    assert outcome.returncode == 1
    assert "no such check: spelling" in outcome.stderr
