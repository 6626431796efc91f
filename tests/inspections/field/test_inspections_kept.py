import datetime
import uuid
from dataclasses import replace

import pytest
from django.utils import timezone

from geo.refusals import NotAllowed, Refusal
from inspections.actions.checklists import standard_checklist
from inspections.actions.inspections import (
    FieldReport,
    assign_task,
    cancel_task,
    reassign_task,
    submit_inspection,
)
from inspections.actions.photos import ForeignClientId
from inspections.checklists import read_items
from inspections.models import ChecklistTemplate, Inspection, InspectionTask, TaskState
from tests.factories import make_building, make_flag, make_run, make_special_area, make_user
from tests.factories.records import make_case, make_source
from tests.inspections.field.conftest import codes

WAITING = {"photos_pending"}


def test_a_complete_report_closes_its_task_without_marks(people, task, a_report):
    submitted = submit_inspection(by=people.inspector, report=a_report())
    task.refresh_from_db()
    assert submitted.created
    assert codes(submitted.inspection) == WAITING
    assert submitted.inspection.unit == task.unit
    assert submitted.inspection.checklist == task.checklist
    assert task.state == TaskState.DONE


def test_the_same_report_again_is_the_same_inspection(people, a_report):
    report = a_report()
    first = submit_inspection(by=people.inspector, report=report)
    later = replace(report, sent_at=timezone.now() + datetime.timedelta(hours=3))
    again = submit_inspection(by=people.inspector, report=later)
    assert (again.created, again.conflict) == (False, False)
    assert again.inspection == first.inspection
    assert Inspection.objects.get().conflicts == []


def test_other_content_under_the_same_id_is_kept_once_and_marked(people, a_report):
    report = a_report()
    submit_inspection(by=people.inspector, report=report)
    other = replace(report, note="第二次填写")
    for _ in range(2):
        assert submit_inspection(by=people.inspector, report=other).conflict
    inspection = Inspection.objects.get()
    assert inspection.note == ""
    assert [conflict["payload"]["note"] for conflict in inspection.conflicts] == ["第二次填写"]
    assert "payload_conflict" in codes(inspection)


def test_another_person_s_inspection_is_not_touched(people, a_report):
    report = a_report()
    submit_inspection(by=people.inspector, report=report)
    with pytest.raises(ForeignClientId):
        submit_inspection(by=people.colleague, report=report)
    assert Inspection.objects.get().conflicts == []


def test_a_report_for_a_case_that_was_closed_meanwhile_is_kept_and_marked(people, town, a_report):
    case = make_case(town.communities[0][0], *town.spot())
    task = assign_task(by=people.officer, to=people.inspector, subject=case)
    type(case).objects.filter(pk=case.pk).update(state="withdrawn")
    inspection = submit_inspection(by=people.inspector, report=a_report(task_id=task.pk)).inspection
    assert "case_closed" in codes(inspection)
    assert inspection.case == case


def test_a_report_for_a_task_given_to_somebody_else_is_kept_and_leaves_the_task_open(people, task, a_report):
    reassign_task(by=people.officer, task=task, to=people.colleague)
    inspection = submit_inspection(by=people.inspector, report=a_report()).inspection
    task.refresh_from_db()
    assert "task_reassigned" in codes(inspection)
    assert inspection.task == task
    assert task.state == TaskState.ASSIGNED


def test_a_report_for_a_cancelled_or_finished_task_is_kept_and_marked(people, task, a_report):
    submit_inspection(by=people.inspector, report=a_report())
    assert "task_done_before" in codes(submit_inspection(by=people.inspector, report=a_report()).inspection)
    InspectionTask.objects.update(state=TaskState.CANCELLED)
    assert "task_cancelled" in codes(submit_inspection(by=people.inspector, report=a_report()).inspection)


def test_a_task_out_of_reach_is_not_attached(people, town, a_report):
    inspection = submit_inspection(by=people.sibling, report=a_report()).inspection
    assert inspection.task is None
    assert "task_unknown" in codes(inspection)
    assert inspection.unit == town.communities[0][1]
    assert InspectionTask.objects.get().state == TaskState.ASSIGNED


def test_a_report_with_nothing_in_it_is_kept_with_its_gaps_marked(people, a_report):
    report = FieldReport(client_id=uuid.uuid4(), captured_at=timezone.now())
    inspection = submit_inspection(by=people.inspector, report=report).inspection
    assert {"position_missing", "answer_missing", "photo_missing", "no_photo"} == codes(inspection)


def test_answers_that_do_not_fit_are_kept_and_named(people, a_report):
    answers = {"found": "flying", "storeys": 400, "colour": "red"}
    inspection = submit_inspection(by=people.inspector, report=a_report(answers=answers)).inspection
    texts = {mark["code"]: mark["text"] for mark in inspection.marks}
    assert texts["answer_odd"] == "填写内容不符合要求：现场情况、层数"
    assert texts["answer_unknown"] == "检查表中没有的项：colour"
    assert inspection.answers == answers


def test_the_pin_moved_by_hand_stands_beside_the_reading(people, a_report, here):
    report = a_report(task_id=None, correction=(here.lon + 0.0002, here.lat))
    inspection = submit_inspection(by=people.inspector, report=report).inspection
    assert inspection.position.x == here.lon
    assert inspection.corrected_position.x == here.lon + 0.0002


def test_a_flag_s_task_brings_its_case_along(people, town, a_report):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot())
    case = make_case(town.communities[0][0], *town.spot())
    make_source(case, "aerial", flag=flag)
    task = assign_task(by=people.supervisor, to=people.inspector, subject=flag)
    assert submit_inspection(by=people.inspector, report=a_report(task_id=task.pk)).inspection.case == case


# --- giving out tasks
def test_tasks_are_made_from_flags_cases_and_buildings(people, town):
    spot = town.spot()
    unit = town.communities[0][0]
    for subject in (make_flag(make_run(town), unit, *spot), make_case(unit, *spot), make_building(unit, *spot)):
        task = assign_task(by=people.officer, to=people.inspector, subject=subject, due_at=timezone.now())
        assert subject in (task.flag, task.case, task.building)
        assert task.unit == unit
        assert task.location.distance(subject.location if hasattr(subject, "location") else task.location) == 0
        assert task in InspectionTask.objects.mine(people.inspector)


def test_only_those_who_may_assign_there_do(people, town):
    case = make_case(town.communities[0][0], *town.spot())
    for person in (people.inspector, people.neighbour, people.finance):
        with pytest.raises(NotAllowed):
            assign_task(by=person, to=people.inspector, subject=case)
    assert not InspectionTask.objects.exists()


def test_a_task_goes_only_to_an_inspector_of_its_place(people, town):
    case = make_case(town.communities[0][0], *town.spot())
    for person in (people.sibling, people.finance):
        with pytest.raises(Refusal, match="不负责"):
            assign_task(by=people.officer, to=person, subject=case)


def test_an_inspector_of_the_special_area_may_be_given_what_lies_in_it(people, town):
    area = make_special_area(town)
    case = make_case(town.communities[0][0], *town.spot(), special_area=area)
    person = make_user("inspector", special_area=area)
    assert assign_task(by=people.officer, to=person, subject=case).assigned_to == person


def test_a_done_task_is_neither_reassigned_nor_cancelled(people, task, a_report):
    submit_inspection(by=people.inspector, report=a_report())
    with pytest.raises(Refusal, match="已提交"):
        reassign_task(by=people.officer, task=task, to=people.colleague)
    with pytest.raises(Refusal, match="已提交"):
        cancel_task(by=people.officer, task=task)


def test_a_cancelled_task_leaves_the_phone(people, task):
    cancel_task(by=people.officer, task=task)
    assert not InspectionTask.objects.mine(people.inspector).exists()


def test_the_newest_patrol_checklist_in_use_is_the_standard(db):
    first = standard_checklist()
    assert read_items(first.items)
    assert standard_checklist() == first
    second = ChecklistTemplate.objects.create(code="patrol", version=2, name="新版", items=first.items)
    assert standard_checklist() == second
    second.retired = True
    second.save()
    assert standard_checklist() == first
