"""What the container files say of each other and of the repository, as far as it can be read without an engine."""

import re

import pytest
import yaml

from tests.architecture.tracked import ROOT

DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
NGINX = (ROOT / "docker/nginx.conf").read_text(encoding="utf-8")
STAGES = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, flags=re.MULTILINE)


def copied_paths() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
    return [path for line in lines for path in line.split()[:-1]]


def test_everything_that_is_copied_exists():
    assert [path for path in copied_paths() if not (ROOT / path).exists()] == []


def test_every_stage_is_made_before_it_is_used():
    for position, line in enumerate(DOCKERFILE.splitlines()):
        used = re.match(r"(?:COPY --from=|FROM )(\w+)\b", line)
        if used and "{" not in line:
            earlier = "\n".join(DOCKERFILE.splitlines()[:position])
            assert re.search(rf"^FROM \S+ AS {used[1]}$", earlier, flags=re.MULTILINE), line


def test_compose_builds_stages_that_exist():
    targets = {service["build"]["target"] for service in SERVICES.values() if "build" in service}

    assert targets == {"database", "web", "proxy"}
    assert targets <= set(STAGES)


def test_every_image_is_built_by_some_service():
    built = {service["image"] for service in SERVICES.values() if "build" in service}

    assert {service["image"] for service in SERVICES.values()} == built


@pytest.mark.parametrize(("kind", "used"), [("secrets", "secrets"), ("volumes", "volumes")])
def test_what_the_services_use_is_declared(kind, used):
    names = {entry.split(":")[0] for service in SERVICES.values() for entry in service.get(used, [])}

    assert names == set(COMPOSE[kind])


def test_nobody_waits_for_the_health_of_a_service_that_has_none():
    waited = {
        name
        for service in SERVICES.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }

    assert waited == {"database", "web"}  # their images have a HEALTHCHECK, see below


@pytest.mark.parametrize("stage", ["web", "proxy", "database"])
def test_no_container_runs_as_root(stage):
    text = re.search(rf"^FROM \S+ AS {stage}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, flags=re.MULTILINE | re.DOTALL)[1]

    assert re.search(r"^USER (?!root)\w+$", text, flags=re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_every_setting_that_compose_gives_is_read():
    settings = (ROOT / "config/settings.py").read_text(encoding="utf-8")
    given = SERVICES["web"]["environment"]

    assert len(given) > 5
    assert [name for name in given if f'"{name.removesuffix("_FILE")}"' not in settings] == []


def test_the_location_of_private_files_is_closed_and_the_one_that_django_names():
    place = SERVICES["web"]["environment"]["ACCEL_LOCATION"]
    block = re.search(rf"location {place} \{{(.*?)\}}", NGINX, flags=re.DOTALL)[1]

    assert "internal;" in block
    assert "alias /srv/media/private/;" in block


def test_every_tile_is_asked_for_before_the_cache_answers():
    block = re.search(r"location /tiles/r/ \{(.*?)\n        \}", NGINX, flags=re.DOTALL)[1]

    assert "auth_request /tile-access;" in block
    assert 'proxy_cache_key "$uri $tile_version";' in block
