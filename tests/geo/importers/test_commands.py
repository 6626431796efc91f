"""The import commands: arguments, what they print, how they end."""

import csv

import pytest
from django.core.management import CommandError, call_command

from clinics_map.models import Facility
from geo.crs import LonLat, wgs84_to_gcj02
from geo.demo.scale import scale_named
from geo.demo.town import plan_town
from geo.demo.vectors import write_vectors
from geo.importers.registry import importers
from geo.models import ArchiveArea, Building, CensusZone, ControlArea, ImportRun, Permit, SpecialArea, Unit
from tests.factories import make_user
from tests.geo.importers.making import SOUTH, WEST, house, houses, write, write_geojson
from tests.geo.importers.test_import_units import tree

pytestmark = pytest.mark.django_db


def printed(capsys):
    return capsys.readouterr().out


def test_a_good_file_prints_its_counts(town, tmp_path, capsys):
    path = write(tmp_path / "b.shp", houses(3), srid=4526, encoding="GB18030")
    person = make_user()
    call_command("import_buildings", str(path), "--by", person.username)
    out = printed(capsys)
    assert "b.shp: buildings, 3 rows, EPSG:4526" in out
    assert "text read as GB18030 (stated by its .cpg)" in out
    assert "3 created, 0 updated, 0 unchanged, 0 refused" in out
    assert ImportRun.objects.get().imported_by == person


def test_refused_rows_are_all_printed_and_the_command_fails(town, tmp_path, capsys):
    rows = [*houses(2), ({"code": "X", "storeys": 0}, house(100.0, 30.0))]
    with pytest.raises(CommandError, match=r"b\.geojson: 1 rows refused, nothing was written"):
        call_command("import_buildings", str(write_geojson(tmp_path / "b.geojson", rows)))
    out = printed(capsys)
    assert "row 3 (X): storeys: 0 is less than 1" in out
    assert "row 3 (X): geometry: lies outside the jurisdiction: 100.0001" in out
    assert "2 created, 0 updated, 0 unchanged, 1 refused: nothing was written" in out


def test_of_many_problems_the_first_are_printed_and_all_are_counted(town, tmp_path, capsys):
    rows = [({"code": f"X{n}", "storeys": 0}, house()) for n in range(60)]
    report = tmp_path / "report.csv"
    with pytest.raises(CommandError):
        call_command("import_buildings", str(write_geojson(tmp_path / "b.geojson", rows)), "--report", str(report))
    out = printed(capsys)
    assert "… and 20 more problems" in out
    assert "storeys: 60" in out
    with report.open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert len(lines) == 60
    assert lines[59] == {
        "row": "60",
        "code": "X59",
        "outcome": "refused",
        "field": "storeys",
        "reason": "0 is less than 1",
        "written": "no",
    }


def test_the_report_says_which_rows_were_written(town, tmp_path):
    report = tmp_path / "report.csv"
    path = write(tmp_path / "b.gpkg", houses(1))
    for expected in (["created", "yes"], ["unchanged", "no"]):
        call_command("import_buildings", str(path), "--report", str(report))
        with report.open(encoding="utf-8-sig", newline="") as handle:
            (line,) = csv.DictReader(handle)
        assert [line["outcome"], line["written"]] == expected


def test_a_code_that_looks_like_a_formula_is_text_in_the_report(town, tmp_path):
    report = tmp_path / "report.csv"
    path = write_geojson(tmp_path / "b.geojson", [({"code": "=1+1"}, house())])
    call_command("import_buildings", str(path), "--dry-run", "--report", str(report))
    assert "'=1+1,created" in report.read_text(encoding="utf-8-sig")


def test_what_is_stated_on_the_command_line_is_followed(town, tmp_path):
    path = write(tmp_path / "b.gpkg", [({"nr": "A", "构": "钢"}, house())], srid=4547, layer="first")
    write(path, houses(2), srid=4547, layer="second", append=True)
    call_command(
        "import_buildings", str(path), "--layer=first", "--crs=EPSG:4547", "--map=nr=code", "--map=构=structure"
    )
    assert list(Building.objects.values_list("code", "structure")) == [("A", "steel")]


def test_an_old_datum_is_imported_with_a_named_shift(town, tmp_path, capsys):
    path = write(tmp_path / "b.shp", houses(1), srid=2383)
    with pytest.raises(CommandError, match="Xian 1980"):
        call_command("import_buildings", str(path))
    call_command("import_buildings", str(path), "--datum-shift=市测绘院2019:10,-20,30")
    assert "moved from Xian 1980 to CGCS2000 by the shift “市测绘院2019”" in printed(capsys)


def test_a_shift_of_a_consumer_map_is_undone(town, tmp_path):
    there = wgs84_to_gcj02(LonLat(WEST + 0.005, SOUTH + 0.005))
    path = write_geojson(tmp_path / "b.geojson", [({"code": "A"}, house(there.lon, there.lat))])
    call_command("import_buildings", str(path), "--map-shift=gcj02")
    west, south, *_ = Building.objects.get().footprint.extent
    assert (west, south) == pytest.approx((WEST + 0.005, SOUTH + 0.005), abs=2e-7)


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--by=nobody", "no active user “nobody”"),
        ("--crs=local", "“local” is no EPSG code"),
        ("--map=code", "“code” is not of the form theirs=ours"),
        ("--datum-shift=x:1,2", "a colon and 3 or 7 numbers"),
        ("--encoding=klingon", "klingon"),
    ],
)
def test_an_argument_that_means_nothing_is_named(town, tmp_path, argument, says):
    with pytest.raises(CommandError, match=says):
        call_command("import_buildings", str(write(tmp_path / "b.shp", houses(1))), argument)
    assert not Building.objects.exists()


def test_every_layer_has_a_command(db, tmp_path):
    for layer in importers():
        with pytest.raises(CommandError, match="there is no file"):
            call_command(f"import_{layer}", str(tmp_path / "absent.gpkg"))


# --- a folder of layers -----------------------------------------------------------------------------------------------


def folder_of_layers(folder):
    write_geojson(folder / "units.geojson", tree())
    write(folder / "buildings.shp", houses(3), srid=4526, encoding="GB18030")
    permit = {"number": "建字第1号", "kind": "planning", "valid_from": "2026-01-01"}
    write_geojson(folder / "permits.geojson", [(permit, house())])
    write_geojson(folder / "roads.geojson", houses(1))
    return folder


def test_a_folder_is_imported_in_the_order_that_its_layers_need(db, tmp_path, capsys):
    call_command("import_layers", str(folder_of_layers(tmp_path)), "--report", str(tmp_path / "reports"))
    assert (Unit.objects.count(), Building.objects.count(), Permit.objects.count()) == (5, 3, 1)
    assert list(ImportRun.objects.order_by("pk").values_list("layer", flat=True)) == ["units", "buildings", "permits"]
    assert "not imported, no layer of that name: roads.geojson" in printed(capsys)
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"units.csv", "buildings.csv", "permits.csv"}


def test_a_folder_is_imported_as_a_whole_or_not_at_all(db, tmp_path):
    folder = folder_of_layers(tmp_path)
    permit = {"number": "建字第1号", "kind": "planning", "valid_from": "someday"}
    write_geojson(folder / "permits.geojson", [(permit, house())])
    with pytest.raises(CommandError, match=r"permits\.geojson: 1 rows refused"):
        call_command("import_layers", str(folder))
    assert not Unit.objects.exists()
    assert not ImportRun.objects.exists()


def test_a_dry_run_of_a_folder_sees_its_own_units_and_writes_nothing(db, tmp_path, capsys):
    call_command("import_layers", str(folder_of_layers(tmp_path)), "--dry-run")
    assert "3 created, 0 updated, 0 unchanged, 0 refused" in printed(capsys)
    assert not Unit.objects.exists()


def test_two_files_of_one_layer_are_not_chosen_between(db, tmp_path):
    folder = folder_of_layers(tmp_path)
    write(folder / "units.gpkg", tree())
    with pytest.raises(CommandError, match=r"several files of units: units\.geojson, units\.gpkg"):
        call_command("import_layers", str(folder))


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_without_layers_is_named(db, tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match=name):
        call_command("import_layers", str(tmp_path / name))


def test_the_demo_town_goes_in_and_a_second_time_changes_nothing(db, tmp_path, capsys):
    write_vectors(plan_town(scale_named("small"), 7), tmp_path)
    call_command("import_layers", str(tmp_path))
    models = (Unit, SpecialArea, ControlArea, ArchiveArea, Building, Permit, CensusZone, Facility)
    counted = [model.objects.count() for model in models]
    assert min(counted) > 0
    assert " 0 created" not in printed(capsys)
    call_command("import_layers", str(tmp_path))
    out = printed(capsys)
    assert out.count("  0 created, 0 updated,") == len(models)
    assert [model.objects.count() for model in models] == counted
