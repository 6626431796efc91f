"""The environment is read strictly: what cannot be understood stops the start and names the setting."""

import pytest

from config import env


def test_a_missing_setting_without_default_is_named(monkeypatch):
    monkeypatch.delenv("CITY", raising=False)
    with pytest.raises(env.EnvError, match="CITY must be set"):
        env.text("CITY")


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.delenv("KEY", raising=False)
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "secret"))
    assert env.text("KEY") == "hidden"


def test_a_secret_given_twice_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("KEY", "a")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "secret"))
    with pytest.raises(env.EnvError, match="both set"):
        env.text("KEY")


def test_an_unreadable_secret_file_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("KEY", raising=False)
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "nothing"))
    with pytest.raises(env.EnvError, match="KEY_FILE"):
        env.text("KEY")


@pytest.mark.parametrize(("word", "meaning"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_a_flag_is_yes_or_no(monkeypatch, word, meaning):
    monkeypatch.setenv("DEBUG_IT", word)
    assert env.flag("DEBUG_IT", default=not meaning) is meaning


def test_a_flag_that_is_neither_is_refused(monkeypatch):
    monkeypatch.setenv("DEBUG_IT", "perhaps")
    with pytest.raises(env.EnvError, match="DEBUG_IT='perhaps'"):
        env.flag("DEBUG_IT", default=False)


@pytest.mark.parametrize(("word", "fault"), [("many", "not a whole number"), ("0", "below 1"), ("11", "above 10")])
def test_a_number_out_of_bounds_is_refused(monkeypatch, word, fault):
    monkeypatch.setenv("WORKERS", word)
    with pytest.raises(env.EnvError, match=fault):
        env.integer("WORKERS", 2, at_least=1, at_most=10)


def test_a_database_address_with_host_and_password_is_read(monkeypatch):
    monkeypatch.setenv("DB", "postgresql://city:p%40ss@db.example:5433/town?sslmode=require")
    assert env.database("DB") == {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": "town",
        "USER": "city",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_address_on_a_socket_is_read(monkeypatch):
    monkeypatch.setenv("DB", "postgresql:///town?host=/tmp/pg&port=5440&user=city")
    read = env.database("DB")
    assert (read["HOST"], read["PORT"], read["USER"], read["NAME"]) == ("/tmp/pg", "5440", "city", "town")


@pytest.mark.parametrize("address", ["mysql://a/b", "postgresql://host/", "postgresql://host:port/name"])
def test_another_database_address_is_refused(monkeypatch, address):
    monkeypatch.setenv("DB", address)
    with pytest.raises(env.EnvError, match="DB"):
        env.database("DB")
