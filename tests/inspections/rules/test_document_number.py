import pytest

from inspections.rules.document_number import DocumentNumber
from inspections.rules.errors import InvalidDocumentNumber


def test_a_number_reads_and_writes_itself():
    number = DocumentNumber("制私扣决", 2026, 12)
    assert str(number) == "制私扣决〔2026〕第12号"
    assert DocumentNumber.parse(str(number)) == number


def test_the_organ_word_may_be_missing():
    assert str(DocumentNumber("", 2026, 1)) == "〔2026〕第1号"


@pytest.mark.parametrize(
    "text", ["[2026]第1号", "〔26〕第1号", "〔2026〕第0号", "〔2026〕第01号", "〔2026〕1号", "x 〔2026〕第1号"]
)
def test_what_is_not_a_document_number_is_refused(text):
    with pytest.raises(InvalidDocumentNumber):
        DocumentNumber.parse(text)


@pytest.mark.parametrize(("organ", "year", "serial"), [("a b", 2026, 1), ("", 99, 1), ("", 2026, 0), ("〔", 2026, 1)])
def test_a_number_that_would_not_read_back_cannot_be_made(organ, year, serial):
    with pytest.raises(InvalidDocumentNumber):
        DocumentNumber(organ, year, serial)
