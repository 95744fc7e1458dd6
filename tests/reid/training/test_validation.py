from pathlib import Path

import numpy as np
import pytest

from reid.config import Source, ValidationConfig
from reid.data.datasets import Crop, CropSet
from reid.training.validation import ValidationSet

CROPS = [
    Crop(Path(f"{vehicle}_{camera}.jpg"), vehicle, camera) for camera in "xy" for vehicle in "ab"
]


@pytest.mark.parametrize(("centred", "expected"), [(False, 0.5), (True, 1.0)])
def test_a_centred_set_is_compared_without_what_cameras_add(centred: bool, expected: float) -> None:
    config = ValidationConfig(
        name="two",
        sources=(Source(format="folder", path="two"),),
        protocols=("camera_to_camera",),
        centred=centred,
    )
    crops = ValidationSet(config, CropSet.of(CROPS), np.zeros((4, 8, 8, 3), np.uint8))
    # Vehicle a is above b in both cameras; y moves both down and to the left.
    looks = np.array([[9, 1], [9, -1], [-9, -1], [-9, -3]], np.float32)
    items = crops.embedded(lambda images: looks)
    (score,) = crops.scores(items).values()
    assert score.cmc(1) == expected
