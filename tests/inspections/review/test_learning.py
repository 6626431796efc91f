"""Standing reviews become examples, and what was learned from them is offered only when held-out reviews agree."""

from __future__ import annotations

import shutil

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from geo.actions.diffs import start_diff
from geo.actions.snapshots import as_geos
from geo.imagery.errors import UnreadableImageError
from geo.imagery.learning import examples
from geo.imagery.learning.examples import read_index
from geo.imagery.shelf import model_path
from geo.models import DetectorModel, DiffRun
from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions import learning
from tests.factories import make_flag, make_run, make_user
from tests.factories.records import make_review
from tests.geo.diffs.scene import PARAMETERS, outline, take_in_pair, work_off


@pytest.fixture
def centre(town):
    return make_user(Role.CENTRE, town.city, username="centre")


@pytest.fixture
def run(town, tmp_path, centre):
    before, after = take_in_pair(town, tmp_path)
    run = start_diff(before=before, after=after, parameters=PARAMETERS, by=centre)
    work_off()
    return DiffRun.objects.get(pk=run.pk)


def reviewed(run, supervisor):
    """The three flags of the drawn pair: one confirmed as it is, one drawn anew, one rejected."""
    flags = list(run.flags.order_by("index"))
    make_review(flags[0], by=supervisor)
    drawn = as_geos(outline("lonely"))[0]
    make_review(flags[1], by=supervisor, outline=drawn, outline_area_m2=432.0, outline_uncertainty_m2=20.0)
    make_review(flags[2], by=supervisor, outcome="rejected", reason="vehicle")
    return flags


def test_what_was_decided_becomes_examples(run, supervisor, centre, tmp_path):
    flags = reviewed(run, supervisor)

    found = learning.export_reviews(folder=tmp_path / "out", by=centre)

    own = {item.stem: item.objects[0] for item in read_index(tmp_path / "out")}
    assert set(own) == {flag.number for flag in flags}
    assert [(own[flag.number].real, own[flag.number].exact) for flag in flags] == [
        (True, False), (True, True), (False, False),
    ]  # fmt: skip
    assert own[flags[2].number].reason == "vehicle"
    assert not found.left_out
    assert (tmp_path / "out" / "label" / f"{flags[0].number}.png").is_file()


def test_what_was_undone_or_says_nothing_of_the_pictures_is_not_taught(run, supervisor, centre, tmp_path):
    flags = list(run.flags.order_by("index"))
    make_review(flags[0], by=supervisor, undone_by=supervisor, undone_at=timezone.now())
    make_review(flags[1], by=supervisor, outcome="rejected", reason="other", note="别的")
    make_review(flags[2], by=supervisor, outcome="bad_image")

    assert learning.export_reviews(folder=tmp_path / "out", by=centre).examples == []


def test_a_run_whose_pictures_are_gone_is_left_out_and_counted(run, town, supervisor, centre, tmp_path, settings):
    reviewed(run, supervisor)
    shutil.rmtree(settings.PRIVATE_ROOT / "snapshots")
    bare = make_run(town, state="done", flag_count=1, finished_at=timezone.now())
    make_review(make_flag(bare, town.communities[0][0], 113.0, 34.0), by=supervisor)

    found = learning.export_reviews(folder=tmp_path / "out", by=centre)

    assert found.examples == []
    assert sum(found.left_out.values()) == 4


def test_a_run_that_fails_half_way_leaves_no_pictures_that_the_index_does_not_name(
    run, supervisor, centre, tmp_path, monkeypatch
):
    flags, written = reviewed(run, supervisor), []
    whole = examples._write_pictures

    def second_is_damaged(folder, example, before, after):
        if written:
            raise UnreadableImageError("after.tif: a tile cannot be decoded")
        written.append(example.stem)
        whole(folder, example, before, after)

    monkeypatch.setattr(examples, "_write_pictures", second_is_damaged)
    found = learning.export_reviews(folder=tmp_path / "out", by=centre)

    assert written == [flags[0].number]
    assert sum(found.left_out.values()) == 3
    assert [path.name for path in (tmp_path / "out").rglob("*.png")] == []


def test_a_folder_that_cannot_be_written_to_is_no_run_that_cannot_be_read(run, supervisor, centre, tmp_path):
    reviewed(run, supervisor)
    (tmp_path / "out").write_text("a file")

    with pytest.raises(learning.NothingToLearn, match="out: cannot be written to"):
        learning.export_reviews(folder=tmp_path / "out", by=centre)


def test_only_the_citys_centre_takes_reviews_out(run, town, supervisor, tmp_path):
    reviewed(run, supervisor)
    for person in (supervisor, make_user(Role.CENTRE, town.counties[1])):
        with pytest.raises(NotAllowed):
            learning.export_reviews(folder=tmp_path / "out", by=person)
    assert not (tmp_path / "out").exists()


def test_the_command_tells_what_it_wrote_and_fills_no_folder_twice(run, supervisor, centre, tmp_path, capsys):
    reviewed(run, supervisor)

    call_command("export_reviews", tmp_path / "out", by="centre")

    assert "3 examples, 2 real, 1 false" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_reviews", tmp_path / "out", by="centre")


def test_too_few_reviews_are_not_learned_from(run, supervisor, centre):
    reviewed(run, supervisor)

    with pytest.raises(CommandError, match="可供学习的审核有"):
        call_command("retrain", by="centre")
    assert not DetectorModel.objects.exists()


@pytest.fixture
def trainer(tmp_path, monkeypatch):
    """A training that has learned already: it hands over the other shipped model. All reviews teach and judge."""
    for least in ("LEAST_EXAMPLES", "LEAST_REVIEWS", "LEAST_OF_A_KIND"):
        monkeypatch.setattr(learning, least, 1)
    monkeypatch.setattr(learning, "split", lambda examples: (examples, examples))
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp {model_path("siamese-open")} "$2"\n')
    path.chmod(0o755)
    return str(path)


def test_what_was_learned_is_judged_by_reviews_and_recorded_with_its_figures(
    run, supervisor, centre, trainer, settings, capsys
):
    reviewed(run, supervisor)

    call_command("retrain", by="centre", python=trainer)

    row = DetectorModel.objects.get()
    told = row.report["comparison"]
    assert (row.name, row.parent, row.added_by) == ("siamese-site1", "siamese", centre)
    assert row.report["learned_from"]["examples"] == 3
    assert (told["reviews"], told["real"]) == (3, 2)
    assert "few_reviews" in told["shortcomings"]
    out = capsys.readouterr().out
    assert "learned from 3 reviews (2 real)" in out
    assert "not better (few_reviews" in out
    assert list((settings.PRIVATE_ROOT / "learning").iterdir()) == []


def test_a_training_that_does_not_run_is_told_and_leaves_no_model(run, supervisor, centre, trainer):
    reviewed(run, supervisor)

    with pytest.raises(CommandError, match="cannot be started"):
        call_command("retrain", by="centre", python="/nowhere/python")
    assert not DetectorModel.objects.exists()
