from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.config_file import load_config
from app.frames.recorded import RecordedSource
from benchmarks import mtmc_scenes
from benchmarks.tracker import Rows
from tests.app.footage import write_video
from tests.app.test_evaluate import TRUTH, renamed, write

TALL = np.array([10, 10, 40, 40], np.float32)
LOW = np.array([10, 10, 40, 20], np.float32)


def test_a_run_that_is_there_is_scored_and_not_made_again(tmp_path: Path) -> None:
    write(tmp_path / "scene" / "gt", TRUTH)
    write(tmp_path / "run" / "tracks", TRUTH)
    write(tmp_path / "run" / "tracks_online", {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)})
    found = mtmc_scenes.product(tmp_path / "scene", tmp_path / "run", max_frames=None)
    assert found["ours"]["idf1"] == 1
    assert found["ours, online"]["idr"] == 0.5
    assert found["ours, online"]["split"] == 1


@pytest.mark.parametrize("uncalibrated", [False, True])
def test_an_uncalibrated_run_is_told_nothing_of_where_its_cameras_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uncalibrated: bool
) -> None:
    scene, run = tmp_path / "scene", tmp_path / "runs" / "scene_uncalibrated"
    scene.mkdir()
    write_video(scene / "a.mp4", [0, 100])
    write_video(scene / "b.mp4", [0, 100])
    ground = "ground_homography: [[1, 0, 0], [0, 1, 0], [0, 0.01, 1]]"
    ground += ", ground_map: site, ground_std_m: 1"
    (scene / "cams.yaml").write_text(
        f"cameras:\n  - {{id: a, source: a.mp4, clock_offset_s: 2, {ground}}}\n"
        "  - {id: b, source: b.mp4}\nlinks:\n  - {from: a, to: b, overlap: true}\n"
    )
    commands: list[list[str]] = []

    def call(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", call)
    mtmc_scenes.make_run(scene, run, uncalibrated=uncalibrated)
    (command,) = commands
    config = load_config(Path(command[command.index("--cams") + 1]))
    assert [Path(camera.source).name for camera in config.cameras] == ["a.mp4", "b.mp4"]
    assert config.cameras[0].clock_offset_s == 2
    assert bool(config.links) is not uncalibrated
    assert bool(config.ground()) is not uncalibrated


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param({}, [], id="tracks without a number are left out"),
        pytest.param({("a", 1): 7}, [(1, 7, 10), (2, 7, 10)], id="one"),
        pytest.param({("a", 1): 7, ("a", 2): 7}, [(1, 7, 10), (2, 7, 10)], id="twice in a frame"),
        pytest.param({("a", 2): 8, ("b", 1): 9}, [(2, 8, 20)], id="other cameras do not matter"),
    ],
)
def test_labelled(names: dict[tuple[str, int], int], expected: list[tuple[int, ...]]) -> None:
    rows: Rows = [(1, 1, TALL), (2, 1, TALL), (2, 2, TALL + 10)]
    found = mtmc_scenes._labelled("a", rows, names)
    corners = found.xyxy[:, 0].astype(int)
    assert list(zip(found.frame, found.identity, corners, strict=True)) == expected


class Greys:
    """Embeds by the brightness of the picture: the n-th frame of the test's footage is axis n."""

    def __init__(self) -> None:
        self.crops = 0

    def __call__(self, images: Sequence[np.ndarray], xyxy: Sequence[np.ndarray]) -> np.ndarray:
        self.crops += sum(map(len, xyxy))
        axis = round((float(images[0].mean()) - 20) / 10)
        return np.tile(np.eye(1, 512, axis, dtype=np.float32), (len(xyxy[0]), 1))


def test_peer_embeds_tall_boxes_once_a_second(tmp_path: Path) -> None:
    # Five frames, half a second apart: of track 1 the frames 1, 3 and 5 are embedded.
    video = write_video(tmp_path / "a.mp4", [0, 500, 1000, 1500, 2000])
    rows: Rows = [(frame, 1, TALL) for frame in range(1, 6)] + [(2, 2, LOW)]
    embedder = Greys()
    found = mtmc_scenes._mean_embeddings(
        RecordedSource("a", video), rows, np.arange(5) / 2, embedder
    )
    assert list(found) == [1]
    assert embedder.crops == 3
    np.testing.assert_allclose(found[1][:5], np.array([1, 0, 1, 0, 1]) / np.sqrt(3), atol=1e-6)


def test_peer_without_tracks_embeds_nothing(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", [0, 500])
    source = RecordedSource("a", video)
    assert mtmc_scenes._mean_embeddings(source, [], np.arange(2.0), Greys()) == {}
