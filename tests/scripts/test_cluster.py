"""scripts/cluster: a private database, below a directory that only its owner may walk through."""

import os
import re
import signal
import subprocess
from os import kill

import pytest


@pytest.fixture
def cluster(checkout):
    yield checkout
    checkout.run("cluster", "stop")


def address(cluster):
    return (cluster.folder / ".local" / "env").read_text(encoding="utf-8").strip().removeprefix("DATABASE_URL=")


def ask(cluster, sql):
    # The tests' own PGOPTIONS switch off what makes a commit survive a kill.
    plain = {name: value for name, value in os.environ.items() if name != "PGOPTIONS"}
    command = ["psql", "-qAt", address(cluster), "-c", sql]
    outcome = subprocess.run(command, env=plain, capture_output=True, text=True, check=False)
    return outcome.stdout.strip() or outcome.stderr.strip()


def server_pid(cluster):
    return int(re.search(r"pid (\d+)", cluster.run("cluster", "status").stdout)[1])


def test_a_cluster_is_made_reused_and_survives_a_kill(cluster):
    made = cluster.run("cluster", "start")
    assert made.returncode == 0, made.stderr
    assert ask(cluster, "SELECT ST_SRID(ST_Point(113.6, 34.7, 4490))") == "4490"
    assert ask(cluster, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "f"
    assert ask(cluster, "SHOW data_checksums") == "on"
    ask(cluster, "CREATE TABLE kept AS SELECT 7 AS number")

    first = server_pid(cluster)
    cluster.run("cluster", "start")
    assert server_pid(cluster) == first

    kill(first, signal.SIGKILL)
    restarted = cluster.run("cluster", "start")
    assert restarted.returncode == 0, restarted.stderr
    assert server_pid(cluster) != first
    assert ask(cluster, "SELECT number FROM kept") == "7"

    cluster.run("cluster", "stop")
    assert cluster.run("cluster", "status").returncode == 3


def test_a_wrong_password_is_refused(cluster):
    cluster.run("cluster", "start")
    guessed = re.sub(r":[0-9a-f]+@", ":guess@", address(cluster))
    outcome = subprocess.run(["psql", guessed, "-c", "SELECT 1"], capture_output=True, text=True, check=False)

    assert "password authentication failed" in outcome.stderr


def test_a_pid_file_that_names_a_foreign_process_is_no_running_server(cluster):
    cluster.run("cluster", "start")
    cluster.run("cluster", "stop")
    with subprocess.Popen(["sleep", "100"]) as foreign:
        (cluster.folder / ".local/pg/data/postmaster.pid").write_text(f"{foreign.pid}\nx\n1\n5432\n", encoding="utf-8")
        before = cluster.run("cluster", "status").returncode
        started = cluster.run("cluster", "start").returncode
        untouched = foreign.poll() is None
        foreign.kill()

    assert (before, started, untouched) == (3, 0, True)
