"""scripts/install-system-packages asks before it acts."""

import pytest

LIST = """\
# a comment
always
server        # database
browser       # test tools
"""


@pytest.fixture
def machine(checkout):
    """A machine where `always` is installed and apt writes down what it was asked."""
    (checkout.folder / "docker" / "system-packages.txt").write_text(LIST, encoding="utf-8")
    checkout.fake("dpkg-query", 'if [ "${@: -1}" = always ]; then echo "ii "; else exit 1; fi')
    checkout.fake("apt-get", f'echo "$@" >> "{checkout.folder}/asked"')
    checkout.fake("id", 'case "$*" in -u) echo "${FAKE_UID:-0}" ;; *) echo somebody ;; esac')
    return checkout


def asked(machine):
    path = machine.folder / "asked"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_nothing_is_asked_of_apt_when_everything_is_there(machine):
    outcome = machine.run("install-system-packages", FAKE_UID="1000")

    assert (outcome.returncode, outcome.stdout, asked(machine)) == (0, "", [])


def test_only_the_missing_packages_of_the_named_stages_are_installed(machine):
    outcome = machine.run("install-system-packages", "database")

    assert outcome.returncode == 0
    update, install = asked(machine)
    assert update.endswith("update")
    assert install.split("--no-install-recommends")[1].split() == ["server"]


def test_only_the_named_stages_are_installed_when_asked(machine):
    machine.fake("dpkg-query", "exit 1")
    machine.run("install-system-packages", "--only", "database")

    assert asked(machine)[-1].split("--no-install-recommends")[1].split() == ["server"]


def test_one_word_of_several_stages_is_enough(machine):
    machine.run("install-system-packages", "tools")

    assert asked(machine)[-1].endswith(" browser")


def test_a_user_with_sudo_installs_through_it(machine):
    machine.fake("sudo", f'echo sudo >> "{machine.folder}/asked"; exec "$@"')
    outcome = machine.run("install-system-packages", "database", FAKE_UID="1000")

    assert outcome.returncode == 0
    assert asked(machine)[0] == "sudo"


def test_lists_that_cannot_be_refreshed_do_not_stop_the_installation(machine):
    machine.fake("apt-get", f'echo "$@" >> "{machine.folder}/asked"; case "$*" in *update) exit 100 ;; esac')
    outcome = machine.run("install-system-packages", "database")

    assert outcome.returncode == 0
    assert len(asked(machine)) == 2


def test_without_root_and_sudo_the_missing_packages_are_named(machine):
    for program in ("bash", "dirname", "env", "stat", "cat"):
        machine.fake(program, f'exec /bin/{program} "$@"' if program != "dirname" else 'exec /usr/bin/dirname "$@"')
    outcome = machine.run("install-system-packages", "database", "test", FAKE_UID="1000", PATH=str(machine.fakes))

    assert outcome.returncode == 1
    assert "server browser" in outcome.stderr
    assert "neither root nor is sudo" in outcome.stderr
    assert asked(machine) == []
