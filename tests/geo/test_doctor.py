"""The doctor names what is broken, ends with an error then, and says what the model in use may be used for."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from geo import doctor
from geo.doctor import Health, examine


@pytest.fixture
def found(db, worker):
    """A function that looks again and tells by name."""
    worker(silent_s=0)
    return lambda: {finding.name: finding for finding in examine()}


def test_all_is_well_where_everything_is_there(found):
    health = {name: finding.health for name, finding in found().items()}

    assert Health.BROKEN not in health.values()
    assert len(health) == 8


def test_the_terms_of_the_model_in_use_are_said(found, settings):
    assert (found()["检测模型"].health, "LEVIR-CD" in found()["检测模型"].words) == (Health.WORTH_KNOWING, True)
    settings.DETECTOR = "siamese-open"
    assert found()["检测模型"].health == Health.FINE
    assert "可用于正式业务" in found()["检测模型"].words


def test_a_model_that_is_not_there_is_broken(found, settings):
    settings.DETECTOR = "gone"
    assert found()["检测模型"].health == Health.BROKEN


def test_a_silent_worker_is_broken(found, worker):
    worker(silent_s=90)
    assert found()["后台程序"].health == Health.BROKEN


def test_a_full_disk_and_one_that_takes_nothing_are_broken(found, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "TOO_LITTLE_BYTES", 10**18)
    assert found()["文件存储"].health == Health.BROKEN
    (tmp_path / "file").write_text("")
    settings.PRIVATE_ROOT = tmp_path / "file" / "below"
    assert found()["文件存储"].health == Health.BROKEN


def test_tables_that_are_not_there_yet_are_not_asked(found):
    """As after an upgrade without `migrate`."""
    MigrationRecorder(connection).record_unapplied("geo", "0009_detector_models")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE geo_detectorchoice RENAME TO geo_gone")

    health = {name: finding.health for name, finding in found().items()}

    assert health["数据表"] == Health.BROKEN
    assert "检测模型" not in health
    assert health["文件存储"] != Health.BROKEN


def test_a_migration_that_waits_is_counted_and_the_command_ends_with_an_error(found, capsys):
    MigrationRecorder(connection).record_unapplied("geo", "0009_detector_models")

    assert "1 个迁移" in found()["数据表"].words
    with pytest.raises(CommandError, match="1 项有问题"):
        call_command("doctor")
    assert "✗ 数据表" in capsys.readouterr().out
