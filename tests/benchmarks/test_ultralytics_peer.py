import json
from types import SimpleNamespace

import pytest
import torch
import yaml

from benchmarks.child import run_module
from benchmarks.ultralytics_peer import (
    PeerRun,
    _count,
    _write_tracker_settings,
    write_checkpoint,
)
from detector import network
from tests.app.footage import write_video


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Weights of ours, untrained, and as a checkpoint of ultralytics."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    network.save(network.build("yolo11n.yaml", ["car", "bus"]), folder / "own.safetensors")
    write_checkpoint(str(folder / "own.safetensors"), folder / "peer.pt")
    return folder / "peer.pt"


def test_the_checkpoint_holds_the_same_network(checkpoint):
    own, theirs = network.load(checkpoint.with_name("own.safetensors")), network.load(checkpoint)
    assert theirs.names == own.names == ("car", "bus")
    for name, value in own.module.state_dict().items():
        assert torch.equal(theirs.module.state_dict()[name], value), name


def test_the_tracker_is_botsort_with_reid_on_the_detectors_features(tmp_path):
    settings = yaml.safe_load(_write_tracker_settings(tmp_path, "none").read_text())
    chosen = {"tracker_type": "botsort", "with_reid": True, "model": "auto", "gmc_method": "none"}
    assert settings.items() >= chosen.items()
    assert settings["track_high_thresh"] == 0.25


def result(*track_ids: int) -> SimpleNamespace:
    ids = torch.tensor(track_ids) if track_ids else None
    return SimpleNamespace(boxes=SimpleNamespace(id=ids), speed={"inference": 500.0})


@pytest.mark.parametrize(
    ("results", "max_frames", "frames", "tracks"),
    [
        pytest.param([], None, 0, 0, id="empty"),
        pytest.param([result()], None, 1, 0, id="one without tracks"),
        pytest.param([result(1, 2), result(2, 3)], None, 2, 3, id="many"),
        pytest.param([result(1), result(2), result(3)], 2, 2, 2, id="limited"),
    ],
)
def test_results_are_counted(results, max_frames, frames, tracks):
    run = PeerRun()
    _count(run, iter(results), max_frames)
    assert (run.frames, run.tracks) == (frames, tracks)
    assert run.stages.get("inference", 0.0) == 0.5 * frames


@pytest.mark.slow
def test_the_peer_tracks_every_recording(tmp_path, checkpoint):
    videos = [
        str(write_video(tmp_path / f"{name}.mp4", [0, 100, 200])) for name in ("first", "second")
    ]
    files = ["--checkpoint", str(checkpoint), "--json", str(tmp_path / "peer.json")]
    usage = run_module(
        "benchmarks.ultralytics_peer", *videos, *files, "--max-frames", "2", threads=1
    )
    run = json.loads((tmp_path / "peer.json").read_text())
    assert run["frames"] == 4
    assert run["threads"] == 1
    assert 0 < run["seconds"] <= usage.seconds
    assert set(run["stages"]) == {"preprocess", "inference", "postprocess", "read and track"}
