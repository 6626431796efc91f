"""What an importer says in English on a terminal stands on the pages in the reader's language."""

import pytest
from django.utils import translation

from geo.importers.words import in_words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("EPSG:4326 WGS 84 (stated by the file) UTF-8", "EPSG:4326 WGS 84(文件写明) UTF-8"),
        ("EPSG:4547 CGCS2000 (stated by the caller)", "EPSG:4547 CGCS2000(上传人写明)"),
        ("EPSG:4490 CGCS2000 (told from the coordinates) GB18030", "EPSG:4490 CGCS2000(由坐标判断) GB18030"),
        ("columns not used: 备注", "没有使用的列：备注"),
    ],
)
def test_how_a_file_was_read_is_told_in_chinese(said, told):
    with translation.override("zh-hans"):
        assert in_words(said) == told


def test_a_reader_of_english_gets_the_sentence_itself():
    with translation.override("en"):
        assert in_words("columns not used: 备注") == "columns not used: 备注"
