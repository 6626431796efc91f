"""What must never be committed: places of one machine, hosts of package registries, data, built files."""

import re
import subprocess

import pytest

from tests.architecture.tracked import ROOT, lines_matching, tracked_paths, tracked_texts

# Written with classes so that this file does not match itself.
MACHINE_PATHS = re.compile(r"(?<![\w.}$])/(?:ro[o]t|hom[e]/\w+|User[s]/\w+|wor[k])/")
REGISTRY_HOSTS = [
    "pypi[.]org",
    "pythonhosted[.]org",
    "npmjs[.](?:org|com)",
    "yarnpkg[.]com",
    "npmmirror[.]com",
    "deb[.]debian[.]org",
    "security[.]debian[.]org",
    "tuna[.]tsinghua",
    "mirrors[.]aliyun",
]
LARGEST_BYTES = 4_000_000  # the detector's ONNX file, about 3 MB, is the largest thing kept here
DATA = (".tif", ".tiff", ".gpkg", ".shp", ".dbf", ".pdf", ".heic", ".sqlite3", ".zip", ".mo", ".pyc")


def configured_hosts() -> set[str]:
    """Hosts that pip on this machine is told to ask, as patterns."""
    told = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    return {re.escape(host) for host in re.findall(r"https?://([^/\s'\"]+)", told)}


def test_no_path_of_one_machine_is_committed():
    pattern = re.compile(f"{MACHINE_PATHS.pattern}|{re.escape(str(ROOT))}")

    assert lines_matching(tracked_texts(), pattern) == []


@pytest.mark.parametrize("path", ["/ro" + "ot/x", "open('/hom" + "e/li/a.tif')", "cd /wor" + "k/main"])
def test_a_path_of_one_machine_is_seen(path):
    assert lines_matching({"a.py": path}, MACHINE_PATHS)


def test_no_registry_host_is_committed():
    pattern = re.compile("|".join([*REGISTRY_HOSTS, *sorted(configured_hosts())]))
    # The licences inside the npm lock name no hosts; "resolved" would.
    assert lines_matching(tracked_texts(), pattern) == []


def test_no_data_and_nothing_built_is_committed():
    assert tracked_paths(*DATA) == []


def test_no_file_is_larger_than_the_detector():
    assert {name for name in tracked_paths() if (ROOT / name).stat().st_size > LARGEST_BYTES} == set()


def test_every_package_level_of_the_tests_has_an_init_file():
    folders = {name.rsplit("/", 1)[0] for name in tracked_paths(".py") if name.startswith("tests/")}

    assert {folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()} == set()
