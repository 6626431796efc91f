import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import shapely

from geo import measure
from geo.imagery.blockstore import block_path
from geo.imagery.errors import (
    BlockCorruptError,
    BlockMissingError,
    DetectorError,
    ParameterError,
    PlanError,
)  # fmt: skip
from geo.imagery.mosaic import NO_DATA
from geo.imagery.pipeline import (
    DiffParams,
    Plan,
    Sources,
    assemble,
    detect_block,
    plan_diff,
    write_probability,
)  # fmt: skip
from tests.geo.imagery.scenes import (
    BUILT,
    LEFT_M,
    TOP_M,
    UTM_49,
    ZONE_38_PLAIN,
    draw_scene,
    ground,
    rewrite_in,
    to_bytes,
    write_photo,
    write_surface,
)  # fmt: skip

CVA = DiffParams(detector="cva", block_px=512)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return draw_scene(tmp_path_factory.mktemp("scene"))


def run(scene, out_dir, params=CVA, *, order=lambda blocks: blocks, **surfaces):
    plan = plan_diff(scene.before, scene.after, params=params, **surfaces)
    sources = Sources(scene.before, scene.after, **surfaces)
    for block in order(plan.blocks):
        detect_block(plan, sources, block.index, out_dir)
    return plan, assemble(plan, sources, out_dir)


def local(candidate):
    """The candidate's outline in metres from the scene's corner, y down."""
    from geo.crs import reproject

    shape = reproject(candidate.geometry, 4490, 4547)
    return shapely.transform(shape, lambda xy: np.column_stack([xy[:, 0] - LEFT_M, TOP_M - xy[:, 1]]))


def matches(candidates):
    """Each house that was built -> the candidate over its middle."""
    return {
        house: next((c for c in candidates if local(c).contains(shapely.Point(house.x_m, house.y_m))), None)
        for house in BUILT
    }


def test_every_new_house_is_found_and_nothing_else(scene, tmp_path):
    _, candidates = run(scene, tmp_path)

    assert None not in matches(candidates).values()
    assert len(candidates) == len(BUILT)


def test_the_measured_areas_are_those_of_the_houses(scene, tmp_path):
    _, candidates = run(scene, tmp_path)

    for house, candidate in matches(candidates).items():
        # The classical detector's smoothing moves an edge by up to a metre.
        assert candidate.area_m2 == pytest.approx(house.footprint_m2, rel=0.35)
        assert 0 < candidate.area_uncertainty_m2 < 0.5 * candidate.area_m2
        outline_m2 = measure.area_m2(candidate.geometry).area_m2
        assert outline_m2 == pytest.approx(candidate.area_m2, rel=0.10)


def test_flags_do_not_depend_on_block_size_or_order(scene, tmp_path):
    _, small = run(scene, tmp_path / "small", order=lambda blocks: blocks[::-1])
    _, large = run(scene, tmp_path / "large", replace(CVA, block_px=1024))

    assert [c.geometry.wkb for c in small] == [c.geometry.wkb for c in large]
    assert small == large


def test_a_house_across_the_edge_of_two_blocks_is_one_flag(scene, tmp_path):
    plan, candidates = run(scene, tmp_path)

    edge_m = plan.blocks[1].window.x * plan.grid.resolution_m
    across = [c for c in candidates if local(c).bounds[0] < edge_m < local(c).bounds[2]]
    assert len(plan.blocks) == 2
    assert len(across) == 1
    assert across[0].area_m2 == pytest.approx(121, rel=0.35)


def test_a_block_run_again_writes_the_same_bytes(scene, tmp_path):
    plan = plan_diff(scene.before, scene.after, params=CVA)
    sources = Sources(scene.before, scene.after)

    first = detect_block(plan, sources, 0, tmp_path / "one").read_bytes()
    again = detect_block(Plan.from_json(plan.to_json()), sources, 0, tmp_path / "two").read_bytes()

    assert first == again
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["block-000000.npz"]


def test_a_plan_survives_being_stored(scene):
    plan = plan_diff(scene.before, scene.after, params=CVA)

    stored = Plan.from_json(plan.to_json())

    assert stored == plan
    assert stored.blocks == plan.blocks
    assert stored.fingerprint == plan.fingerprint
    assert "before.tif" not in plan.to_json()


def test_a_plan_of_another_algorithm_is_refused(scene):
    values = json.loads(plan_diff(scene.before, scene.after, params=CVA).to_json())
    values["algorithm_version"] = "0"

    with pytest.raises(PlanError, match="algorithm version 0"):
        Plan.from_json(json.dumps(values))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"params": {}}'])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(PlanError, match="not a plan"):
        Plan.from_json(text)


def test_missing_blocks_are_named(scene, tmp_path):
    plan = plan_diff(scene.before, scene.after, params=CVA)
    sources = Sources(scene.before, scene.after)
    detect_block(plan, sources, 0, tmp_path)

    with pytest.raises(BlockMissingError, match="1 of 2 blocks have no result: 1"):
        assemble(plan, sources, tmp_path)
    with pytest.raises(BlockMissingError):
        write_probability(plan, tmp_path, tmp_path / "probability.tif")
    assert not (tmp_path / "probability.tif").exists()


def test_a_damaged_block_is_named(scene, tmp_path):
    plan, _ = run(scene, tmp_path)
    path = block_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-400])

    with pytest.raises(BlockCorruptError, match=r"block-000001\.npz"):
        assemble(plan, Sources(scene.before, scene.after), tmp_path)


def test_blocks_of_another_plan_are_refused(scene, tmp_path):
    run(scene, tmp_path)
    other = plan_diff(scene.before, scene.after, params=replace(CVA, min_area_m2=30))

    with pytest.raises(BlockCorruptError, match="belongs to plan"):
        assemble(other, Sources(scene.before, scene.after), tmp_path)


def test_images_of_another_size_do_not_fit_a_plan(scene, tmp_path):
    plan = plan_diff(scene.before, scene.after, params=CVA)
    small = write_photo(tmp_path / "small.tif", to_bytes(ground(1, width=300, height=200)))

    with pytest.raises(PlanError, match=r"small\.tif: is 300 x 200 px, the plan expects \(640, 400\)"):
        detect_block(plan, Sources(small, scene.after), 0, tmp_path)


def test_a_processor_that_works_the_detector_out_otherwise_is_refused(scene, tmp_path):
    planned = plan_diff(scene.before, scene.after, params=DiffParams())
    elsewhere = replace(planned, arithmetic=tuple(value + 0.003 for value in planned.arithmetic))
    hardly = replace(planned, arithmetic=tuple(value + 0.0001 for value in planned.arithmetic))
    sources = Sources(scene.before, scene.after)

    with pytest.raises(DetectorError, match="processors of one kind"):
        detect_block(elsewhere, sources, 0, tmp_path)
    assert detect_block(hardly, sources, 0, tmp_path).is_file()
    assert Plan.from_json(planned.to_json()).arithmetic == planned.arithmetic != ()


def test_a_block_that_is_not_there_is_refused(scene, tmp_path):
    plan = plan_diff(scene.before, scene.after, params=CVA)

    with pytest.raises(ParameterError, match="block 2 is not one of the 2"):
        detect_block(plan, Sources(scene.before, scene.after), 2, tmp_path)


def test_nodata_is_never_a_change(scene, tmp_path):
    with rasterio.open(scene.after) as file:
        image = np.moveaxis(file.read(), 0, -1)
    valid = np.ones(image.shape[:2], bool)
    valid[:, 180:300] = False
    image[~valid] = 255
    hidden = write_photo(tmp_path / "after.tif", image, valid=valid)

    plan, candidates = run(replace(scene, after=hidden), tmp_path)
    write_probability(plan, tmp_path, tmp_path / "probability.tif")

    assert {house.x_m for house, found in matches(candidates).items() if found} == {45, 200, 256}
    assert len(candidates) == 3
    with rasterio.open(tmp_path / "probability.tif") as file:
        stored = file.read(1)
    assert (stored[:, 180:300] == NO_DATA).all()
    assert (stored[:, :180] != NO_DATA).all()


def test_a_later_date_in_another_system_and_resolution_gives_the_same_houses(scene, tmp_path):
    turned = replace(scene, after=rewrite_in(scene.after, tmp_path / "utm.tif", UTM_49, resolution_m=0.3))

    _, candidates = run(turned, tmp_path)

    assert None not in matches(candidates).values()
    assert len(candidates) == len(BUILT)


def test_a_later_date_off_its_georeference_gives_the_same_houses(tmp_path):
    scene = draw_scene(tmp_path, shift_px=(7, -4))

    _, candidates = run(scene, tmp_path)

    assert None not in matches(candidates).values()


def test_the_probability_lies_where_the_grid_says(scene, tmp_path):
    plan, _ = run(scene, tmp_path)
    path = tmp_path / "probability.tif"

    write_probability(plan, tmp_path, path)

    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 4547
        assert file.transform == plan.grid.transform
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        values = file.read(1)
    house = BUILT[0]
    assert values[int(house.y_m / 0.5), int(house.x_m / 0.5)] > 200
    assert values[20, 20] < 60


def surfaces(folder, *, raised=(), lowered=(), bias_m=0.0):
    """Surface models of both dates at 1 m: rolling ground; boxes (x, y, w, h, metres) added to or taken off."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:200, 0:320].astype(np.float32)
    before = (100 + 3 * np.sin(x / 40) + 2 * np.cos(y / 30)).astype(np.float32)
    after = before + np.float32(bias_m) + rng.normal(0, 0.1, before.shape).astype(np.float32)
    for left, top, width, height, metres in lowered:
        before[top : top + height, left : left + width] += metres
    for left, top, width, height, metres in raised:
        after[top : top + height, left : left + width] += metres
    return {
        "before_dsm": write_surface(folder / "before_dsm.tif", before, resolution_m=1.0),
        "after_dsm": write_surface(folder / "after_dsm.tif", after, resolution_m=1.0),
    }


def test_a_storey_on_an_unchanged_roof_is_seen_by_height_alone(tmp_path):
    image = to_bytes(ground(6, width=640, height=400))
    image[..., 1] = np.minimum(image[..., 1], image[..., 0])
    scene = draw_scene(tmp_path)
    same = replace(scene, before=write_photo(tmp_path / "a.tif", image), after=write_photo(tmp_path / "b.tif", image))

    _, candidates = run(same, tmp_path, **surfaces(tmp_path, raised=[(100, 60, 20, 12, 3.2)], bias_m=0.7))

    assert len(candidates) == 1
    found = candidates[0]
    assert found.height_change_m == pytest.approx(3.2, abs=0.15)
    assert found.kind in ("new", "enlarged")
    assert found.area_m2 == pytest.approx(240, rel=0.12)


def test_what_fell_is_demolished(tmp_path):
    image = to_bytes(ground(6, width=640, height=400))
    image[..., 1] = np.minimum(image[..., 1], image[..., 0])
    scene = draw_scene(tmp_path)
    same = replace(scene, before=write_photo(tmp_path / "a.tif", image), after=write_photo(tmp_path / "b.tif", image))

    _, candidates = run(same, tmp_path, **surfaces(tmp_path, lowered=[(40, 90, 14, 14, 5.0)]))

    assert [c.kind for c in candidates] == ["demolished"]
    assert candidates[0].height_change_m == pytest.approx(-5.0, abs=0.2)


def test_a_rise_below_the_least_height_is_no_change(tmp_path):
    image = to_bytes(ground(6, width=640, height=400))
    scene = draw_scene(tmp_path)
    same = replace(scene, before=write_photo(tmp_path / "a.tif", image), after=write_photo(tmp_path / "b.tif", image))

    _, candidates = run(same, tmp_path, **surfaces(tmp_path, raised=[(100, 60, 20, 12, 1.2)]))

    assert candidates == []


def test_without_heights_nothing_is_said_about_them(scene, tmp_path):
    _, candidates = run(scene, tmp_path)

    assert {c.height_change_m for c in candidates} == {None}


@pytest.mark.parametrize(
    "values",
    [{"block_px": 500}, {"block_px": 0}, {"threshold": 1.0}, {"resolution_m": 0.01}, {"min_area_m2": 0}, {"speed": 2}],
)
def test_parameters_out_of_range_are_refused_by_name(values):
    with pytest.raises(ParameterError, match=next(iter(values))):
        DiffParams.from_dict(values)


def test_an_unknown_detector_is_refused(scene):
    with pytest.raises(DetectorError, match=r"'crystal-ball' is not one of cva, .*siamese"):
        plan_diff(scene.before, scene.after, params=DiffParams(detector="crystal-ball"))


def test_parameters_survive_being_stored():
    params = DiffParams(threshold=0.4, min_area_m2=12.5)

    assert DiffParams.from_dict(json.loads(json.dumps(params.to_dict()))) == params


def test_the_grid_is_metric_and_local(scene):
    plan = plan_diff(scene.before, scene.after, params=CVA)

    assert plan.grid.crs == "EPSG:4547"
    assert (plan.grid.left_m, plan.grid.top_m) == (LEFT_M, TOP_M)
    assert plan.grid.resolution_m == 0.5
    assert plan.grid.crs == ZONE_38_PLAIN
