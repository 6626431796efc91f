"""The main job runs through the real jobs and actions, once, and on any pair."""

import datetime

import numpy as np
import pytest
import rasterio
from django.core.management import CommandError
from PIL import Image
from rasterio.transform import from_origin

from geo.models import ChangeFlag, DiffRun, DiffRunState, FlagState, Snapshot, SnapshotState, Unit
from inspections.demo.pair import NoPair, pairs_in
from inspections.models import Case, CaseState, DemolitionRecord, Inspection, PenaltyDecision, Photo


@pytest.mark.django_db(transaction=True)
def test_the_main_job_goes_from_snapshots_to_a_drafted_penalty_and_does_nothing_twice(demo_folder, run):
    run("load_demo", demo_folder)
    out = run("run_main_job", "--folder", demo_folder, "--workers", 0)

    assert Snapshot.objects.filter(state=SnapshotState.READY).count() == 3
    assert DiffRun.objects.filter(state=DiffRunState.DONE).count() == 2
    assert "precision" in out
    assert Case.objects.exists()
    assert Photo.objects.exists()
    assert Inspection.objects.exists()
    assert all("exif_position_differs" not in str(photo.marks) for photo in Photo.objects.all())
    determined = Case.objects.exclude(state__in=[CaseState.FOUND, CaseState.ROUTED])
    assert determined.exists()
    assert (
        DemolitionRecord.objects.exists()
        == determined.filter(state__in=[CaseState.CLOSED, CaseState.DEMOLISHING]).exists()
    )
    standing = determined.exclude(state=CaseState.CLOSED).exists()
    assert PenaltyDecision.objects.exists() == standing
    assert ChangeFlag.objects.filter(state=FlagState.PENDING).exists()

    models = (Snapshot, DiffRun, ChangeFlag, Case, Photo, Inspection, PenaltyDecision)
    counts = [model.objects.count() for model in models]
    run("run_main_job", "--folder", demo_folder, "--workers", 0)
    assert [model.objects.count() for model in models] == counts


@pytest.mark.django_db(transaction=True)
def test_a_pair_from_elsewhere_is_compared_under_stand_in_units(demo_folder, run, tmp_path):
    run("load_demo", demo_folder)
    ground = np.random.default_rng(1).normal(110, 9, (3, 400, 400))
    for day, roof in (("2025-04-01", False), ("2026-04-01", True)):
        image = ground + np.random.default_rng(2 + roof).normal(0, 2, ground.shape)
        if roof:
            image[:, 150:200, 150:230] = np.array([205, 70, 60])[:, None, None]
        profile = {
            "driver": "GTiff", "width": 400, "height": 400, "count": 3, "dtype": "uint8", "crs": "EPSG:32631",
            "transform": from_origin(450_000, 5_400_000, 0.5, 0.5),
        }  # fmt: skip
        with rasterio.open(tmp_path / f"town_{day}.tif", "w", **profile) as out:
            out.write(np.clip(image, 1, 255).astype(np.uint8))

    printed = run("run_main_job", "--pair", tmp_path, "--workers", 0)

    done = DiffRun.objects.get()
    assert done.state == DiffRunState.DONE
    assert (done.before.captured_on, done.after.captured_on) == (datetime.date(2025, 4, 1), datetime.date(2026, 4, 1))
    assert Unit.objects.filter(name="来图市").exists()
    assert f"{done.flag_count} flags" in printed


@pytest.mark.django_db
def test_without_a_loaded_town_the_main_job_says_what_to_run_first(run):
    with pytest.raises(CommandError, match="load_demo"):
        run("run_main_job")


def draw(path, shape=(40, 60)):
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(np.full((*shape, 3), 90, np.uint8)).save(path)


def test_plain_images_are_laid_side_by_side_at_the_resolution_in_the_folders_name(tmp_path):
    folder = tmp_path / "houses_0.5m"
    for side in "AB":
        for name in ("a", "b", "c"):
            draw(folder / side / f"{name}.png")

    first, second = pairs_in(folder, resolution_m=None, most=2)

    assert (first.name, second.name) == ("a", "b")
    assert first.before.declared == first.after.declared
    assert first.before.declared.resolution_m == 0.5
    apart = second.before.declared.center.lon - first.before.declared.center.lon
    assert apart * 91_500 == pytest.approx(60 * 0.5 + 60, rel=0.01)


def test_plain_images_without_a_resolution_are_refused(tmp_path):
    for side in "AB":
        draw(tmp_path / "pair" / side / "a.png")

    with pytest.raises(NoPair, match="--resolution-m"):
        pairs_in(tmp_path / "pair", resolution_m=None, most=4)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_folder_without_exactly_two_images_is_refused_with_their_number(tmp_path, count):
    for number in range(count):
        draw(tmp_path / f"{number}.png")

    with pytest.raises(NoPair, match=f"holds {count} images"):
        pairs_in(tmp_path, resolution_m=0.5, most=4)


def test_dates_in_the_names_order_the_two_images(tmp_path):
    draw(tmp_path / "b_20240105.png")
    draw(tmp_path / "a_20250105.png")

    (pair,) = pairs_in(tmp_path, resolution_m=None, most=1)

    assert pair.before.image.name == "b_20240105.png"
    assert pair.after.captured_on == datetime.date(2025, 1, 5)


@pytest.mark.parametrize(
    "names",
    [
        ("a_20240105.png", "b_20250105.png", "dsm_20240105.tif", "dsm_20250105.tif"),
        ("one.png", "two.png", "one_dsm.tif", "two-DSM.tif"),
    ],
)
def test_surface_models_go_with_the_image_of_their_day_or_name(tmp_path, names):
    for name in names:
        draw(tmp_path / name)
    (pair,) = pairs_in(tmp_path, resolution_m=None, most=1)
    assert [pair.before.image.name, pair.after.image.name] == list(names[:2])
    assert [pair.before.dsm.name, pair.after.dsm.name] == list(names[2:])


def test_a_surface_model_of_no_image_is_refused_by_name(tmp_path):
    for name in ("a_20240105.png", "b_20250105.png", "dsm_20230101.tif"):
        draw(tmp_path / name)
    with pytest.raises(NoPair, match="dsm_20230101"):
        pairs_in(tmp_path, resolution_m=None, most=1)
