"""Which model compares from now on is chosen by the city's centre, is on record, and can be taken back."""

from __future__ import annotations

import json
import shutil

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from django.urls import reverse
from django.utils import translation

from geo.actions import detectors
from geo.actions.detectors import (
    UnusableModel,
    choose_detector,
    detector_in_use,
    install_detector,
    models_dir,
    offered_detectors,
    record_retrained,
)
from geo.actions.diffs import start_diff
from geo.detector_words import detector_of
from geo.imagery.detect import SceneStatistics, make_detector
from geo.imagery.learning.judging import Comparison, Figures
from geo.imagery.shelf import model_path
from geo.models import DetectorChoice, DetectorModel, DetectorOrigin, DetectorState, DiffRunState, Notice
from geo.notice_words import sentence
from geo.refusals import NotAllowed
from geo.roles import Role
from tests.factories import make_user
from tests.geo.diffs.scene import take_in_pair, work_off
from tests.geo.imagery.networks import declare, redder

QUIET = Figures(1.0, 0.0, 0.9, 0.05, 0.0, 0)
LOUD = Figures(1.0, 1.0, 0.6, 0.1, 0.1, 0)


@pytest.fixture
def centre(town):
    return make_user(Role.CENTRE, town.city, username="centre", display_name="王主任")


@pytest.fixture
def county(town):
    return make_user(Role.CENTRE, town.counties[0], username="county-centre")


def network(folder, name="red"):
    model = redder(folder / f"{name}.onnx", stacked=True, gain=1.0)
    return declare(model, layout="stacked", names=["both"], title="红屋顶", threshold=0.8, seed_threshold=0.9)


def comparison(*, better):
    return Comparison(40, 25, 9, LOUD, QUIET if better else LOUD, 0.97 if better else 0.0, ((0.5, 0.2), (1.0, 0.9)))


def learned(folder, by, *, better=True, parent="siamese"):
    model = redder(folder / "learned.onnx", stacked=True)
    declare(model, layout="stacked", names=["both"], title="siamese")
    told = comparison(better=better)
    counts = {"examples": 80, "real": 50, "false": 30}
    return record_retrained(model=model, parent=parent, comparison=told, learned_from=counts, by=by)


def test_new_runs_take_the_model_of_the_settings_until_somebody_chooses(town, tmp_path, centre, settings):
    before, after = take_in_pair(town, tmp_path)
    assert start_diff(before=before, after=after, by=centre).parameters["detector"] == "siamese"
    settings.DETECTOR = "siamese-open"
    assert detector_in_use() == "siamese-open"


def test_a_chosen_model_compares_and_its_flags_say_so(town, tmp_path, centre):
    install_detector(model=network(tmp_path), name="red-roofs", by=centre)
    choose_detector(name="red-roofs", by=centre)
    before, after = take_in_pair(town, tmp_path)

    run = start_diff(before=before, after=after, by=centre)
    work_off()

    run.refresh_from_db()
    assert (run.state, run.error) == (DiffRunState.DONE, "")
    assert run.algorithm.startswith("red-roofs-")
    assert run.flag_count == 3
    found = {detector_of(flag.evidence["detector"]) for flag in run.flags.all()}
    version = DetectorModel.objects.get(name="red-roofs").version
    assert found == {f"红屋顶，版本 {version}"}


def test_going_back_is_choosing_again_and_both_stay_on_record(tmp_path, centre):
    install_detector(model=network(tmp_path), name="red-roofs", by=centre)
    choose_detector(name="red-roofs", by=centre)
    choose_detector(name="siamese", by=centre)

    assert detector_in_use() == "siamese"
    assert [choice.detector for choice in DetectorChoice.objects.all()] == ["siamese", "red-roofs"]
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        DetectorChoice.objects.all().delete()


def test_only_the_citys_centre_chooses_or_installs(tmp_path, county, town):
    for person in (county, make_user(Role.SUPERVISOR, town.city)):
        with pytest.raises(NotAllowed):
            choose_detector(name="siamese-open", by=person)
        with pytest.raises(NotAllowed):
            install_detector(model=network(tmp_path), name="red-roofs", by=person)
    assert not DetectorModel.objects.exists()


@pytest.mark.parametrize("name", ["gone", "cva", "../red"])
def test_what_cannot_be_run_cannot_be_chosen(centre, name):
    with pytest.raises(UnusableModel, match="没有可用的检测模型"):
        choose_detector(name=name, by=centre)


@pytest.mark.parametrize("name", ["siamese", "cva", "红", "../red", "Red", "red-site3"])
def test_a_name_that_is_taken_or_leads_elsewhere_is_refused(tmp_path, centre, name):
    with pytest.raises(UnusableModel, match="名称"):
        install_detector(model=network(tmp_path), name=name, by=centre)


def test_a_file_that_is_no_model_leaves_nothing_behind(tmp_path, centre):
    model = tmp_path / "text.onnx"
    model.write_text("no model")
    declare(model, layout="stacked", names=["both"])

    with pytest.raises(CommandError, match=r"text\.onnx: not a model"):
        call_command("install_detector", model, name="red-roofs", by="centre")
    assert not DetectorModel.objects.exists()
    assert not models_dir().exists()


def test_the_command_installs_and_names_what_was_installed(tmp_path, centre, capsys):
    call_command("install_detector", network(tmp_path), name="red-roofs", by="centre")

    assert "red-roofs: 红屋顶" in capsys.readouterr().out
    assert model_path("red-roofs") == models_dir() / "red-roofs.onnx"
    assert {path.name for path in models_dir().iterdir()} == {"red-roofs.onnx", "red-roofs.json"}


def test_a_quantised_copy_is_installed_with_its_model(tmp_path, centre):
    model = network(tmp_path)
    contract = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(contract | {"quantised": True}))
    with pytest.raises(CommandError, match=r"int8\.onnx: the quantised file"):
        call_command("install_detector", model, name="red-roofs", by="centre")
    shutil.copyfile(model, model.with_suffix(".int8.onnx"))
    call_command("install_detector", model, name="red-roofs", by="centre")

    names = {path.name for path in models_dir().iterdir()}
    assert names == {"red-roofs.onnx", "red-roofs.int8.onnx", "red-roofs.json"}
    assert make_detector("red-roofs", SceneStatistics()).contract.quantised


def test_a_model_that_learned_and_is_better_is_offered_and_told_of(tmp_path, centre, town):
    colleague = make_user(Role.CENTRE, town.city)
    row = learned(tmp_path, centre)

    assert (row.state, row.name, row.origin) == (DetectorState.OFFERED, "siamese-site1", DetectorOrigin.RETRAINED)
    assert detector_in_use() == "siamese"
    assert json.loads((models_dir() / "siamese-site1.json").read_text())["calibration"] == [[0.5, 0.2], [1.0, 0.9]]
    assert [notice.to for notice in Notice.objects.all()] == [colleague]
    assert [item.name for item in offered_detectors()[0]] == ["siamese", "siamese-open", "siamese-site1"]
    assert "城瞰模型（含研究数据），本地学习第 1 版" in sentence(Notice.objects.get())
    with translation.override("en"):
        assert "siamese" not in sentence(Notice.objects.get())
        assert "learn" in sentence(Notice.objects.get()).lower()
    choose_detector(name="siamese-site1", by=centre)
    assert detector_in_use() == "siamese-site1"


def test_a_model_that_learned_and_is_not_better_is_a_record_and_cannot_be_chosen(tmp_path, centre):
    row = learned(tmp_path, centre, better=False)

    assert row.state == DetectorState.NOT_BETTER
    assert not models_dir().exists()
    assert not Notice.objects.exists()
    with pytest.raises(UnusableModel):
        choose_detector(name=row.name, by=centre)


def test_each_model_that_learned_gets_a_number_of_its_own(tmp_path, centre):
    assert [learned(tmp_path, centre, better=better).name for better in (False, True)] == [
        "siamese-site1", "siamese-site2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parent", "name"),
    [
        ("siamese-open", "siamese-open-site1"),
        ("my-sites-model", "my-sites-model-site1"),
        ("a" + "b" * 39, "a" + "b" * 31 + "-site1"),
    ],
)
def test_what_a_model_learned_is_named_after_it_and_can_learn_on(tmp_path, centre, parent, name):
    if parent != "siamese-open":
        install_detector(model=network(tmp_path), name=parent, by=centre)

    row = learned(tmp_path, centre, parent=parent)

    assert row.name == name
    choose_detector(name=row.name, by=centre)
    assert learned(tmp_path, centre, parent=row.name).name == name.replace("site1", "site2")


def test_a_copy_that_fails_leaves_neither_row_nor_files_and_the_name_is_free(tmp_path, centre, monkeypatch):
    copy = detectors._copy

    def full(source, target):
        copy(source, target)
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(detectors, "_copy", full)
    with pytest.raises(OSError, match="No space left"):
        install_detector(model=network(tmp_path), name="red-roofs", by=centre)
    assert not DetectorModel.objects.exists()
    assert list(models_dir().iterdir()) == []

    monkeypatch.setattr(detectors, "_copy", copy)
    assert install_detector(model=network(tmp_path), name="red-roofs", by=centre).name == "red-roofs"


def test_a_file_that_is_too_large_is_not_even_read(tmp_path, centre, monkeypatch):
    monkeypatch.setattr(detectors, "LARGEST_BYTES", 10)
    monkeypatch.setattr(detectors, "OnnxDetector", None)

    with pytest.raises(UnusableModel, match=r"red\.onnx 超过"):
        install_detector(model=network(tmp_path), name="red-roofs", by=centre)


def test_a_model_that_cannot_be_read_any_more_is_named_and_the_others_stay(client, tmp_path, centre):
    install_detector(model=network(tmp_path), name="red-roofs", by=centre)
    (models_dir() / "red-roofs.json").write_text("[")
    client.force_login(centre)

    page = client.get(reverse("detector-list")).content.decode()

    assert "模型“red-roofs”无法使用" in page
    assert page.count("启用此模型") == 1  # that of open data


def test_the_baseline_is_said_to_be_one_and_nothing_is_missing(client, centre, settings):
    settings.DETECTOR = "cva"
    client.force_login(centre)

    page = client.get(reverse("detector-list")).content.decode()

    assert "已缺失或损坏" not in page
    assert "变化向量分析（对照基线）”，仅供对照" in page


def test_the_page_shows_what_is_used_what_it_was_trained_on_and_lets_choose(client, tmp_path, centre):
    learned(tmp_path, centre)
    learned(tmp_path, centre, better=False)
    client.force_login(centre)

    page = client.get(reverse("detector-list")).content.decode()

    assert "正在使用" in page
    assert "LEVIR-CD" in page
    assert "本地学习第 1 版" in page
    assert "80 条：属实 50，误报 30" in page
    assert "没有采用的学习结果" in page
    assert "与审核结论的一致程度没有提高" in page
    client.post(reverse("detector-choose", args=["siamese-site1"]))
    assert detector_in_use() == "siamese-site1"
    assert "王主任" in client.get(reverse("detector-list")).content.decode()


def test_a_model_whose_files_are_gone_is_named_on_the_page(client, tmp_path, centre):
    install_detector(model=network(tmp_path), name="red-roofs", by=centre)
    choose_detector(name="red-roofs", by=centre)
    (models_dir() / "red-roofs.onnx").unlink()
    client.force_login(centre)

    assert "现用模型“red-roofs”的文件已缺失或损坏" in client.get(reverse("detector-list")).content.decode()


def test_a_countys_centre_sees_the_page_and_cannot_choose(client, county):
    client.force_login(county)

    page = client.get(reverse("detector-list")).content.decode()
    answer = client.post(reverse("detector-choose", args=["siamese-open"]), follow=True)

    assert "启用此模型" not in page
    assert "只有全市数字化城市管理中心可以选择检测模型" in answer.content.decode()
    assert detector_in_use() == "siamese"
