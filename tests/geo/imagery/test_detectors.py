import numpy as np
import pytest

from geo.imagery import onnx_detector
from geo.imagery.cva import ChangeVectorDetector
from geo.imagery.detect import DirectedDetector, SceneStatistics, detector_names, make_detector
from geo.imagery.errors import DetectorError
from geo.imagery.params import DiffParams
from geo.imagery.pixels import Pixels
from geo.imagery.radiometry import Normalisation, fit_normalisation
from geo.imagery.survey import working_resolution_m
from tests.geo.imagery.scenes import BUILT, RED, STANDING, WHITE, build, ground, to_bytes


def pair(*, before=(), after=BUILT, standing=STANDING, width=640, height=400):
    """Two dates of one ground; houses at one date are red, white ones stand at both."""
    images = []
    for houses in (before, after):
        image = ground(5, width=width, height=height)
        for house in standing:
            build(image, house, resolution_m=0.5, colour=WHITE)
        for house in houses:
            build(image, house, resolution_m=0.5, colour=RED)
        images.append(Pixels(to_bytes(image), np.ones((height, width), bool)))
    return images[0], images[1]


def at(layer, house):
    """The layer's mean around the middle of a house."""
    x, y = int(house.x_m / 0.5), int(house.y_m / 0.5)
    return float(layer[y - 4 : y + 5, x - 4 : x + 5].mean())


def trained():
    return make_detector(DiffParams.detector, SceneStatistics())


@pytest.fixture(params=detector_names())
def detector(request):
    return make_detector(request.param, SceneStatistics())


def test_a_probability_covers_the_block_between_nought_and_one(detector):
    before, after = (pixels.part(np.s_[:137, :203]) for pixels in pair())

    probability = detector.probability(before, after)

    assert probability.shape == (137, 203)
    assert probability.dtype == np.float32
    assert 0 <= probability.min() <= probability.max() <= 1


def test_nothing_is_seen_where_either_date_has_no_picture(detector):
    before, after = pair()
    hidden = np.ones(before.shape, bool)
    hidden[:, 300:420] = False
    before = Pixels(np.where(hidden[..., None], before.rgb, 0).astype(np.uint8), hidden)

    assert (detector.probability(before, after)[:, 300:420] == 0).all()


def test_what_is_hidden_does_not_change_what_is_beside_it_much(detector):
    """The values of invalid pixels mean nothing: any values give the same result."""
    before, after = pair()
    valid = np.ones(before.shape, bool)
    valid[100:200, 100:200] = False
    black = Pixels(np.where(valid[..., None], before.rgb, 0).astype(np.uint8), valid)
    white = Pixels(np.where(valid[..., None], before.rgb, 255).astype(np.uint8), valid)

    np.testing.assert_array_equal(detector.probability(black, after), detector.probability(white, after))


def test_blocks_of_different_shapes_are_refused(detector):
    before, after = pair()

    with pytest.raises(DetectorError, match=r"\(400, 640\), after \(400, 639\)"):
        detector.probability(before, after.part(np.s_[:, :639]))


def test_the_trained_detector_sees_new_houses_and_not_the_old_ones():
    before, after = pair()

    seen = trained().probability(before, after)

    assert min(at(seen, house) for house in BUILT) > 0.7
    assert max(at(seen, house) for house in STANDING) < 0.3


def test_the_trained_detector_tells_new_from_demolished():
    before, after = pair()
    detector = trained()
    assert isinstance(detector, DirectedDetector)

    built = detector.evidence(before, after, resolution_m=0.5)
    razed = detector.evidence(after, before, resolution_m=0.5)

    for house in BUILT:
        assert at(built.built_after, house) > at(built.built_before, house) + 0.3
        assert at(razed.built_before, house) > at(razed.built_after, house) + 0.3


def test_the_trained_detector_gives_the_same_bytes_again():
    before, after = pair(width=320, height=280, after=BUILT[:2], standing=STANDING[:2])
    detector = trained()

    first, again = (detector.probability(before, after).tobytes() for _ in range(2))

    assert first == again


def test_the_classical_detector_asks_how_quiet_the_pair_is():
    before, after = pair()
    quiet = ChangeVectorDetector(SceneStatistics(quiet_level=10, quiet_spread=12))
    loud = ChangeVectorDetector(SceneStatistics(quiet_level=60, quiet_spread=40))

    assert at(quiet.probability(before, after), BUILT[0]) > at(loud.probability(before, after), BUILT[0])


def test_normalisation_undoes_another_cameras_gain_and_offset_in_spite_of_change():
    rng = np.random.default_rng(2)
    before = rng.integers(60, 150, (6000, 3)).astype(np.float64)
    after = (before - (12, -5, 20)) / (1.3, 0.9, 1.1)
    after[:900] = rng.integers(0, 255, (900, 3))

    found = fit_normalisation(np.rint(before).astype(np.uint8), np.clip(np.rint(after), 0, 255).astype(np.uint8))

    assert found.gain == pytest.approx((1.3, 0.9, 1.1), rel=0.05)
    assert found.offset == pytest.approx((12, -5, 20), abs=6)


def test_too_few_pixels_are_not_normalised():
    few = np.zeros((10, 3), np.uint8)

    assert fit_normalisation(few, few) == Normalisation()


@pytest.mark.parametrize(
    ("native_m", "working_m"),
    [(0.5, 0.5), (0.4, 0.4), (0.2, 0.4), (0.1, 0.4), (0.25, 0.5), (0.3, 0.45), (0.05, 0.45), (1.0, 0.5), (1.5, 0.5)],
)
def test_every_image_is_read_at_the_models_ground_resolution(native_m, working_m):
    assert working_resolution_m(native_m, 0.5) == pytest.approx(working_m)


def looks_at(after, monkeypatch):
    """The sizes of the pictures that the network is shown."""
    detector, sizes = trained(), []
    look = onnx_detector.OnnxDetector._look

    def counted(self, first, second):
        sizes.append(first.shape[:2])
        return look(self, first, second)

    monkeypatch.setattr(onnx_detector.OnnxDetector, "_look", counted)
    detector.evidence(*pair(after=after), resolution_m=0.4)
    return sizes


def test_quiet_ground_is_looked_at_once(monkeypatch):
    assert looks_at((), monkeypatch) == [(400, 640)]


def test_a_change_is_looked_at_again_with_its_surroundings_and_enlarged(monkeypatch):
    whole, again = looks_at(BUILT[1:2], monkeypatch)

    assert whole == (400, 640)
    # A house of 12 by 9 m and 32 px on each side, at 1/3 m instead of 0.4 m.
    assert all(1.2 * 76 < side < 1.2 * 126 for side in again)
