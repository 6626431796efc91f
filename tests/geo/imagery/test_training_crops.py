"""What a crop of training may show: labels that hold whatever is done to the pictures."""

import numpy as np

from geo.imagery.training.sampler import Sampler, SingleDate

SIZE = 256


def place(colour, *houses):
    """A photograph of one date: houses of 200 on ground of a colour, as rows and columns."""
    image = np.full((SIZE, SIZE, 3), colour, np.uint8)
    built = np.zeros((SIZE, SIZE), np.uint8)
    for rows, columns in houses:
        image[rows, columns], built[rows, columns] = 200, 1
    return image, built


def test_pictures_of_one_date_alone_make_pairs_and_the_same_ones_again():
    # Larger than a crop at the finest resolution, so that every crop is filled.
    image, built = place(90, np.s_[40:80, 40:80], np.s_[150:180, 100:160])
    scene = SingleDate(np.tile(image, (3, 3, 1)), np.tile(built, (3, 3)), 0.36)

    crops = [Sampler([], [scene], seed=3).crop(number) for number in range(40)]
    again = [Sampler([], [scene], seed=3).crop(number) for number in range(40)]

    for crop, same in zip(crops, again, strict=True):
        assert (crop.before == same.before).all()
        assert (crop.after == same.after).all()
        # What changed was built up at one date at least (a house pasted over another one at both).
        assert (crop.changed <= (crop.built_before | crop.built_after)).all()
    still = [crop for crop in crops if not crop.changed.any()]
    assert len(still) > 4
    assert any((crop.before != crop.after).any() for crop in still)
