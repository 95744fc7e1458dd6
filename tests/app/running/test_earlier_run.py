"""What a run begins with that an earlier one saw: read from its store, and by the main command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app import assembly, links
from app.errors import ConfigError, StoreError
from app.graph.camera_graph import CameraGraph, put_camera_graph
from app.running.earlier_run import recall_run
from app.running.models import REID_KEY, record_models
from app.storage.store import Store
from app.storage.stored_tracklets import stored_tracklets
from detector.yolo import DetectorSettings
from reid.embedder import EmbedderSettings
from tests.app.fakes import ColourDetector, ColourEmbedder
from tests.app.stores import START, axis, box, city_store
from tests.app.workplace import Workplace, errors
from tracking.decisions import LinkEstimate
from tracking.learning.recollection import LONG_AGO

OFFSETS = {"north": 0.0, "south": 0.0}
NETWORK = EmbedderSettings()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in which three of four sightings have boxes."""
    with city_store(tmp_path / "monday") as store:
        for camera, track in (("north", 1), ("north", 2), ("south", 1)):
            store.append_boxes(
                [box(3, track, camera_id=camera, x=10), box(23, track, camera_id=camera, x=50)]
            )
        record_models(store, DetectorSettings(), NETWORK)
    return tmp_path / "monday"


# ------------------------------------------------------------------ out of a store


def test_tracklets_come_out_of_a_store(run: Path) -> None:
    with Store.open(run) as store:
        found = [(s.sighting_id, t) for s, t in stored_tracklets(store, store.sightings())]
    # Of the last one there are no boxes.
    assert [key for key, _ in found] == [1, 2, 3]
    tracklet = found[0][1]
    assert tracklet.key == ("north", 1)
    assert tracklet.timestamps.tolist() == [START + 0.3, START + 2.3]
    assert tracklet.xyxy[:, 0].tolist() == [10, 50]
    np.testing.assert_array_equal(tracklet.embedding, axis(1))
    assert tracklet.ended


def test_long_tracks_are_thinned_out_between_their_ends(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        store.append_boxes(box(frame, 1, x=frame) for frame in range(3, 24))
        # Beyond the sighting's frames: of another pass.
        store.append_boxes([box(40, 1)])
        ((_, short),) = stored_tracklets(store, [store.sighting(1)])
        store._write("UPDATE sightings SET last_frame = 3000 WHERE sighting_id = ?", [(1,)])
        store.append_boxes(box(frame, 1, x=frame) for frame in range(41, 3001))
        ((_, long),) = stored_tracklets(store, [store.sighting(1)])
    assert short.xyxy[:, 0].tolist() == list(range(3, 24))
    assert len(long.timestamps) == 128
    assert (long.xyxy[0, 0], long.xyxy[-1, 0]) == (3, 3000)
    assert np.diff(long.timestamps).min() > 0


@pytest.mark.parametrize(
    ("frames", "most", "found"),
    [
        pytest.param(range(3, 24), 6, [3, 7, 11, 15, 19, 23], id="even, with both ends"),
        pytest.param([3, 4, 5, 22, 23], 6, [3, 22, 23], id="a gap"),
        pytest.param([4, 6], 2, [4, 6], id="ends that lack a box"),
        pytest.param([9], 6, [9], id="one box"),
        pytest.param([3, 8], 100, [3, 8], id="fewer than are wanted"),
        pytest.param([], 6, [], id="none"),
    ],
)
def test_a_track_is_thinned_out_without_reading_it_all(
    tmp_path: Path, frames: list[int], most: int, found: list[int]
) -> None:
    with city_store(tmp_path / "run") as store:
        store.append_boxes(box(frame, 2) for frame in range(30))
        store.append_boxes([*(box(frame, 1) for frame in frames), box(2, 1), box(25, 1)])
        boxes = list(store.thinned_track(store.sighting(1), most=most))
    assert [b.frame for b in boxes] == found
    assert {(b.track_id, b.identity_id) for b in boxes} <= {(1, 1)}


def test_vehicles_and_times_are_those_of_the_run(run: Path) -> None:
    found = recall_run(run, OFFSETS, {}, embedder=NETWORK)
    assert sorted(t.key for t in found.tracklets) == [("north", -2), ("north", -1), ("south", -1)]
    assert max(t.last_timestamp for t in found.tracklets) == LONG_AGO
    assert found.previous[("south", -1)] == ("north", -1)


def test_a_clock_that_was_set_since_is_heeded(run: Path) -> None:
    before = recall_run(run, OFFSETS, {}, embedder=NETWORK)
    after = recall_run(run, OFFSETS | {"north": -0.5}, {}, embedder=NETWORK)

    def north_to_south(found) -> float:
        times = {t.key: t.first_timestamp for t in found.tracklets}
        return times["south", -1] - times["north", -1]

    assert north_to_south(after) - north_to_south(before) == pytest.approx(0.5)


def test_cameras_that_are_not_there_any_more_are_left_out(run: Path) -> None:
    found = recall_run(run, {"south": 0.0, "roof": 0.0}, {}, embedder=NETWORK)
    assert [t.key for t in found.tracklets] == [("south", -1)]


def test_it_says_of_which_cameras_nothing_is_known_and_that_nothing_was_seen(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recall_run(run, OFFSETS, {}, embedder=NETWORK)
    assert not caplog.text
    recall_run(run, OFFSETS | {"roof": 0.0}, {}, embedder=NETWORK)
    assert f"camera roof: not in {run / 'sightings.db'}: nothing is learned" in caplog.text
    with Store.open(run, readonly=False) as store:
        store._write("DELETE FROM boxes", [()])
    assert recall_run(run, OFFSETS, {}, embedder=NETWORK).tracklets == []
    assert f"{run / 'sightings.db'}: it contains no vehicle" in caplog.text


def test_a_run_that_broke_off_before_its_first_camera(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        record_models(store, DetectorSettings(), NETWORK)
    with pytest.raises(StoreError, match=r"none of this run's cameras \(north, south\), but none;"):
        recall_run(tmp_path / "run", OFFSETS, {}, embedder=NETWORK)


def test_nothing_is_learned_of_pictures_of_another_size(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sizes = {"north": (640, 360), "south": (1280, 720)}
    found = recall_run(run, OFFSETS, sizes, embedder=NETWORK)
    assert {t.camera_id for t in found.tracklets} == {"north"}
    assert "camera south: its image is 1280x720, and was 640x360" in caplog.text


@pytest.mark.parametrize(
    ("offsets", "complaint"),
    [
        ({"roof": 0.0}, "none of this run's cameras (roof), but north, south"),
        (OFFSETS, "other ReID weights"),
    ],
)
def test_runs_of_which_nothing_can_be_learned(
    run: Path, offsets: dict[str, float], complaint: str
) -> None:
    if offsets is OFFSETS:
        with Store.open(run, readonly=False) as store:
            store.set_meta(REID_KEY, {"weights": "other.safetensors", "sha256": "0" * 64})
    with pytest.raises(StoreError, match=r"sightings\.db") as raised:
        recall_run(run, offsets, {}, embedder=NETWORK)
    assert complaint in str(raised.value)


# ------------------------------------------------------------------ the main command


@pytest.fixture
def place(tmp_path, footage, monkeypatch):
    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector())
    monkeypatch.setattr(assembly, "load_embedder", lambda config: ColourEmbedder())
    place = Workplace(tmp_path, footage)
    assert place.run("--no-video").exit_code == 0
    return place


def test_a_run_may_even_take_the_place_of_the_one_that_it_learns_from(place):
    cold = place.summary()
    result = place.run("--no-video", "--overwrite", "--learn-from", place.out)
    assert result.exit_code == 0, result.output
    assert f"learned from {place.out}" in " ".join(result.stdout.split())
    warm = place.summary()
    assert {key: warm[key] for key in ("vehicles", "identities")} == {
        key: cold[key] for key in ("vehicles", "identities")
    }
    assert warm["learned_from"] == str(place.out.resolve())
    assert cold["learned_from"] is None


def test_an_older_run_is_not_lost_for_one_that_cannot_be_learned_from(place):
    before = place.outputs()
    result = place.run("--overwrite", "--learn-from", place.folder / "nowhere")
    assert result.exit_code == StoreError.exit_code
    assert len(errors(result)) == 1
    assert place.outputs() == before


def test_check_looks_at_it_too(place):
    cams = place.cams("a")
    cams.write_text(cams.read_text().replace("id: a", "id: roof"))
    result = place.run("--check", "--overwrite", "--learn-from", place.out, cams=cams)
    assert result.exit_code == StoreError.exit_code
    assert "learn from a run of the same cameras" in errors(result)[0]


def test_with_links_that_are_not_learned_there_is_nothing_to_learn(place):
    before = place.outputs()
    cams = place.cams("a", "b", association={"learn_links": False})
    result = place.run("--overwrite", "--learn-from", place.out, cams=cams)
    assert result.exit_code == ConfigError.exit_code
    assert "learn_links" in errors(result)[0]
    assert place.outputs() == before


def test_links_to_a_camera_that_is_out_of_order_today_are_shown(tmp_path):
    way = LinkEstimate(
        from_camera="roof",
        to_camera="north",
        count=9.0,
        share=0.5,
        mean_s=5.0,
        std_s=1.0,
        quantiles_s=(3.0, 4.0, 5.0, 6.0, 7.0),
        overlap=False,
    )
    with city_store(tmp_path / "tuesday") as store:
        put_camera_graph(store, CameraGraph((way,)))
    result = CliRunner().invoke(links.app, ["--run", str(tmp_path / "tuesday")])
    assert result.exit_code == 0, result.output
    assert "from: roof" in result.stdout
    assert ">roof<" in (tmp_path / "tuesday" / "links.svg").read_text()
