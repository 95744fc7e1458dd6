"""Pictures for the training, cut out of the recordings."""

from __future__ import annotations

import shutil

import cv2
import pytest
from typer.testing import CliRunner

from app import identities
from app.corrections.training_crops import write_training_crops
from app.frames.run_recordings import Recordings
from app.storage.store import Store
from reid.data.layouts import read_folder
from tests.app.fakes import RED, colours


@pytest.fixture
def merged(place):
    place.run("--no-video")
    arguments = ["merge", "1", "2", "--run", str(place.out)]
    assert CliRunner().invoke(identities.app, arguments).exit_code == 0
    return place


@pytest.mark.parametrize("views", [1, 3], ids=["one", "many"])
def test_crops_show_the_vehicle_at_its_place(merged, tmp_path, views):
    with Store.open(merged.out) as store:
        written = write_training_crops(
            store, tmp_path / "crops", recordings=Recordings(store), whole=False, views=views
        )
    crops = read_folder(tmp_path / "crops")
    assert written.crops == len(crops) == 3 * views
    assert (written.identities, {crop.identity for crop in crops}) == (1, {"1"})
    assert {crop.camera for crop in crops} == {"a", "b"}
    for crop in crops:
        image = cv2.imread(str(crop.path))
        middle = colours(image[image.shape[0] // 2, image.shape[1] // 2][None])
        if crop.camera == "a":
            assert middle.tolist() == [RED]
        assert middle.tolist() != [0]


@pytest.mark.parametrize("given", [True, False], ids=["where they are now", "nothing"])
def test_crops_are_cut_out_of_moved_recordings(merged, tmp_path, given):
    disk = tmp_path / "disk"
    disk.mkdir()
    with Store.open(merged.out, readonly=False) as store:
        for camera in store.cameras():
            shutil.copy(camera.source, disk)
        store._connection.execute("UPDATE cameras SET source = '/cases/' || camera_id || '.mp4'")
    options = ["--recordings", str(disk)] if given else []
    arguments = ["export", "--run", str(merged.out), "--out", str(tmp_path / "crops"), *options]
    result = CliRunner().invoke(identities.app, arguments)
    assert result.exit_code == 0, result.output
    names = [path.stem for path in (tmp_path / "crops").rglob("*.jpg")]
    # Without recordings there are the thumbnails alone.
    assert {name.endswith("_best") for name in names} == {not given}
