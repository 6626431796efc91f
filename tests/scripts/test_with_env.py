"""scripts/with-env gives a command the settings of its checkout, and leaves alone what is set already."""

SHOW = ("bash", "-c", "printenv DATABASE_URL SECRET_KEY SECRET_KEY_FILE")


def test_a_database_from_outside_is_left_alone(checkout):
    outcome = checkout.run("with-env", *SHOW, DATABASE_URL="postgresql://elsewhere/x", SECRET_KEY="mine")

    assert outcome.stdout.splitlines() == ["postgresql://elsewhere/x", "mine"]


def test_without_any_database_it_says_what_to_do(checkout):
    outcome = checkout.run("with-env", *SHOW)

    assert outcome.returncode == 1
    assert "make demo" in outcome.stderr


def test_the_secret_key_is_made_once_and_closed_to_others(checkout):
    first = checkout.run("with-env", *SHOW, DATABASE_URL="postgresql://elsewhere/x").stdout.splitlines()[-1]
    key = checkout.folder / ".local" / "secret-key"
    made = key.read_text(encoding="utf-8")
    second = checkout.run("with-env", *SHOW, DATABASE_URL="postgresql://elsewhere/x").stdout.splitlines()[-1]

    assert first == second == str(key)
    assert key.read_text(encoding="utf-8") == made
    assert len(made) == 96
    assert key.stat().st_mode & 0o077 == 0
