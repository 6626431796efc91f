import pytest

from inspections.checklists import AnswerFault, ChecklistError, Says, answers_saying, find_faults, read_items

ITEMS = read_items(
    [
        {"code": "found", "label": "现场", "type": "choice", "required": True, "photo_required": True,
         "choices": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]},
        {"code": "lived_in", "label": "有人", "type": "yes_no"},
        {"code": "storeys", "label": "层数", "type": "number", "unit": "层", "min": 0, "max": 99},
        {"code": "remark", "label": "说明", "type": "text"},
    ]
)  # fmt: skip


def faults(answers: dict, photographed: tuple[str, ...] = ("found",)) -> set[tuple[str, str]]:
    return {(fault.kind, fault.code) for fault in find_faults(ITEMS, answers, photographed=photographed)}


def test_fitting_answers_have_no_faults():
    assert faults({"found": "a", "lived_in": False, "storeys": 2.5, "remark": "门锁着"}) == set()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, {("missing", "found")}),
        ({"found": ""}, {("missing", "found")}),
        ({"found": "c"}, {("odd", "found")}),
        ({"found": "a", "lived_in": "yes"}, {("odd", "lived_in")}),
        ({"found": "a", "storeys": True}, {("odd", "storeys")}),
        ({"found": "a", "storeys": float("nan")}, {("odd", "storeys")}),
        ({"found": "a", "storeys": -1}, {("odd", "storeys")}),
        ({"found": "a", "storeys": "2"}, {("odd", "storeys")}),
        ({"found": "a", "remark": 3}, {("odd", "remark")}),
        ({"found": "a", "remark": "长" * 2001}, {("odd", "remark")}),
        ({"found": "a", "colour": "red"}, {("unknown", "colour")}),
    ],
)
def test_each_fault_names_its_item(answers, expected):
    assert faults(answers) == expected


def test_an_item_that_needs_a_photo_says_so():
    assert find_faults(ITEMS, {"found": "a"}) == [AnswerFault(kind="photo_missing", code="found", label="现场")]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("found", "list of items"),
        (["found"], "item 1 is not an object"),
        ([{"code": "A b", "label": "x", "type": "text"}], "code 'A b'"),
        ([{"code": "a", "label": " ", "type": "text"}], "no label"),
        ([{"code": "a", "label": "x", "type": "date"}], "unknown type 'date'"),
        ([{"code": "a", "label": "x", "type": "choice", "choices": [{"value": "1", "label": "1"}]}], "1 choices"),
        ([{"code": "a", "label": "x", "type": "choice", "choices": [{"value": ""}, 3]}], "without value"),
        ([{"code": "a", "label": "x", "type": "number", "min": "0"}], "min '0'"),
        (
            [
                {
                    "code": "a",
                    "label": "x",
                    "type": "choice",
                    "choices": [{"value": "1", "label": "1", "says": "up"}] * 2,
                }
            ],
            "says 'up'",
        ),
        ([{"code": "a", "label": "x", "type": "text"}] * 2, "occurs 2 times"),
    ],
)
def test_a_template_that_is_not_right_says_where(raw, words):
    with pytest.raises(ChecklistError, match=words):
        read_items(raw)


def test_an_answer_may_say_what_became_of_the_structure():
    choices = [{"value": "a", "label": "在建", "says": "standing"}, {"value": "b", "label": "未见", "says": "gone"}]
    items = read_items([{"code": "found", "label": "现场", "type": "choice", "choices": choices}])
    assert answers_saying(Says.STANDING, items, {"found": "a"}) == ["在建"]
    assert answers_saying(Says.STANDING, items, {"found": "b", "other": "a"}) == []
    assert answers_saying(Says.GONE, items, {"found": "b"}) == ["未见"]
