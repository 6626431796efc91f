"""Opening files: what is damaged or incomplete is refused by name."""

import sqlite3
import zipfile
from contextlib import closing

import pytest
import shapely

from geo.importers import files
from geo.importers.errors import EncodingError, FileFormatError, FileIncompleteError, FileRefusedError, LayerError
from geo.importers.files import SHAPEFILE, opened
from geo.importers.reading import UndecodableCell, read_layer
from tests.geo.importers.making import house, houses, write, write_geojson, zipped


def read(path, **options):
    with opened(path) as file:
        return read_layer(file, **options)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.geojson"])
def test_every_format_gives_the_same_rows(tmp_path, name):
    path = write(tmp_path / name, houses(3), srid=4326)
    layer = read(path)
    assert layer.columns["code"] == ["H0001", "H0002", "H0003"]
    assert layer.columns["structure"] == ["砖混"] * 3
    assert shapely.equals_exact(layer.geometries[0], houses(1)[0][1], 1e-9, normalize=True)


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030", "GBK"])
@pytest.mark.parametrize("keep_cpg", [True, False])
def test_the_text_of_a_shapefile_is_read_in_its_encoding_said_or_not(tmp_path, encoding, keep_cpg):
    path = write(
        tmp_path / "b.shp",
        [({"编号": "1", "地址": "建业路㐀弄"[: 3 if encoding == "GBK" else 5]}, house())],
        encoding=encoding,
    )
    if not keep_cpg:
        path.with_suffix(".cpg").unlink()
    layer = read(path)
    assert layer.columns["编号"] == ["1"]
    assert layer.columns["地址"][0].startswith("建业路")
    assert layer.encoding == ("UTF-8" if encoding == "UTF-8" else "GB18030")


def test_text_that_is_not_in_the_stated_encoding_is_kept_as_bytes_of_its_cell(tmp_path):
    path = write(tmp_path / "b.shp", [({"code": "1", "name": "柳林"}, house())], encoding="GB18030")
    layer = read(path, encoding="utf-8")
    assert layer.columns["name"] == [UndecodableCell("柳林".encode("gb18030"), "UTF-8")]


def test_an_unknown_encoding_is_refused(tmp_path):
    path = write(tmp_path / "b.shp", houses(1))
    with pytest.raises(EncodingError, match="klingon"):
        read(path, encoding="klingon")


def test_a_shapefile_in_a_folder_of_a_zip_is_read(tmp_path):
    path = zipped(write(tmp_path / "房屋.shp", houses(2), srid=4526, encoding="GB18030"), folder="数据/")
    with opened(path) as file:
        layer = read_layer(file)
        assert file.name == "房屋.zip"
    assert layer.columns["structure"] == ["砖混", "砖混"]
    assert "Gauss" in layer.crs_wkt
    assert not file.path.exists()


def test_a_geopackage_in_a_zip_is_read(tmp_path):
    write(tmp_path / "a.gpkg", houses(2))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.gpkg", "a.gpkg")
    assert len(read(tmp_path / "a.zip")) == 2


def test_the_checksum_is_of_the_parts_whatever_else_lies_beside_them(tmp_path):
    path = write(tmp_path / "a.shp", houses(1))
    with opened(path) as file:
        before = file.sha256
    (tmp_path / "a.txt").write_text("a note")
    with opened(path) as file:
        assert file.sha256 == before
    with path.with_suffix(".dbf").open("r+b") as table:
        table.seek(-3, 2)
        table.write(b"9")
    with opened(path) as file:
        assert file.sha256 != before


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
@pytest.mark.parametrize("as_zip", [False, True])
def test_a_missing_part_of_a_shapefile_is_named(tmp_path, suffix, as_zip):
    path = write(tmp_path / "houses.shp", houses(1))
    if as_zip:
        path = zipped(path, leave_out=(suffix,))
    else:
        path.with_suffix(suffix).unlink()
    with pytest.raises(FileIncompleteError, match=rf"\{suffix} is missing"):
        read(path)


def test_a_zip_of_parts_without_shapes_is_named(tmp_path):
    path = zipped(write(tmp_path / "houses.shp", houses(1)), leave_out=(".shp",))
    with pytest.raises(FileIncompleteError, match=r"but no \.shp"):
        read(path)


def test_a_table_of_another_shapefile_is_noticed(tmp_path):
    path = write(tmp_path / "a.shp", houses(3))
    write(tmp_path / "b.shp", houses(2)).with_suffix(".dbf").replace(path.with_suffix(".dbf"))
    with pytest.raises(FileIncompleteError, match=r"3 shapes but a\.dbf has 2 rows"):
        read(path)


def test_a_part_alone_says_what_to_give(tmp_path):
    path = write(tmp_path / "a.shp", houses(1))
    with pytest.raises(FileFormatError, match=r"give the \.shp"):
        read(path.with_suffix(".dbf"))


def corrupted_zip(path):
    content = bytearray(zipped(write(path / "a.shp", houses(30))).read_bytes())
    middle = len(content) // 3
    content[middle : middle + 40] = bytes(40)
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.gpkg", b"", r"a\.gpkg is empty"),
        ("a.gpkg", b"not a database at all", "no GeoPackage"),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(3000), "cannot be opened"),
        ("a.geojson", b"{", "no JSON"),
        ("a.geojson", b'{"type": "Feature"}', "no GeoJSON FeatureCollection but Feature"),
        ("a.geojson", b"[1, 2]", "FeatureCollection but list"),
        ("a.zip", b"PK\x03\x04 and nothing more", "cannot be unpacked"),
        ("a.docx", b"words", r"only \.gpkg, \.geojson, \.shp, \.kml, \.kmz, \.xlsx, \.csv and \.zip"),
        ("a", b"words", "no ending"),
    ],
)
def test_what_is_damaged_or_foreign_is_refused_by_name(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=says):
        read(tmp_path / name)


def test_a_zip_with_damaged_bytes_is_refused(tmp_path):
    path = tmp_path / "broken.zip"
    path.write_bytes(corrupted_zip(tmp_path))
    with pytest.raises(FileRefusedError, match=r"broken\.zip"):
        read(path)


def test_shapes_that_are_no_shapes_are_refused(tmp_path):
    path = write(tmp_path / "a.shp", houses(1))
    path.write_bytes(b"junk" + path.read_bytes()[4:])
    with pytest.raises(FileFormatError, match="9994"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"no file .*absent\.gpkg"):
        read(tmp_path / "absent.gpkg")


def test_a_zip_of_two_layers_asks_for_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.geojson", "{}")
        archive.writestr("b.geojson", "{}")
    with pytest.raises(FileFormatError, match=r"2 layers \(a\.geojson, b\.geojson\)"):
        read(tmp_path / "two.zip")


def test_a_zip_that_unpacks_without_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", " " * 5000)
    with pytest.raises(FileFormatError, match="more than 1,000"):
        read(tmp_path / "bomb.zip")


def test_a_name_in_a_zip_cannot_leave_the_folder(tmp_path):
    path = zipped(write(tmp_path / "a.shp", houses(1)), folder="../../../")
    assert len(read(path)) == 1
    assert not list(tmp_path.parent.glob("a.*"))


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson"])
def test_a_layer_without_rows_is_refused(tmp_path, name):
    path = tmp_path / name
    if name == "a.gpkg":
        write(path, [({"code": "1"}, house())], layer="a")
        write(path, houses(1), layer="b")
        with closing(sqlite3.connect(path)) as base, base:
            base.execute("DELETE FROM a")
    else:
        write_geojson(path, [])
    with pytest.raises(LayerError, match=r"no rows|no features"):
        read(path, layer="a")


def test_of_several_layers_the_asked_or_the_usual_one_is_read(tmp_path):
    path = write(tmp_path / "a.gpkg", houses(1), layer="buildings")
    write(path, houses(2), layer="second", append=True)
    assert len(read(path, usual_layer="buildings")) == 1
    assert len(read(path, usual_layer="buildings", layer="second")) == 2
    with pytest.raises(LayerError, match=r"2 layers \(buildings, second\)"):
        read(path)
    with pytest.raises(LayerError, match="no layer “third”; it has buildings, second"):
        read(path, layer="third")


def test_geojson_in_chinese_encoding_says_what_to_state(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", houses(1))
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    with pytest.raises(EncodingError, match=r"no UTF-8 text \(byte"):
        read(path)
    assert read(path, encoding="gbk").columns["structure"] == ["砖混"]


def test_heights_are_dropped_and_that_is_said(tmp_path):
    tall = shapely.force_3d(house(), 112.5)
    layer = read(write_geojson(tmp_path / "a.geojson", [({"code": "1"}, tall), ({"code": "2"}, house())]))
    assert not shapely.has_z(layer.geometries).any()
    assert "heights on 1 of 2 geometries were dropped" in layer.notes


def test_a_table_beside_a_shapefile_is_an_annex_and_not_a_second_layer(tmp_path):
    packed = zipped(write(tmp_path / "房屋.shp", houses(1)))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("说明.csv", "a,b\n1,2\n")
    with opened(packed) as file:
        assert file.format == SHAPEFILE


@pytest.mark.parametrize("name", ["a.xlsx", "a.kmz"])
def test_a_packed_document_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr("geo.importers.files.MAX_UNPACKED_DOCUMENT_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.xml", "0" * 2000)
    with pytest.raises(FileFormatError, match="unpacks to 2,000 bytes"), opened(tmp_path / name):
        pass
