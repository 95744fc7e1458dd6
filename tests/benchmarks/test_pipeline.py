import json
from pathlib import Path

import pytest

from app.config import RunConfig
from app.errors import ConfigError
from benchmarks.child import Usage
from benchmarks.pipeline import Conditions, measure_ours, measure_peer, recordings

USAGE = Usage(seconds=5.0, cpu_seconds=8.0, peak_bytes=2**30)


def conditions(max_frames: int | None = None) -> Conditions:
    return Conditions(
        cams=Path("cams.yaml"),
        videos=("a.mp4", "b.mp4"),
        threads=2,
        busy=0,
        max_frames=max_frames,
        camera_motion="none",
    )


class FakeProcess:
    """Stands for `run_module`: writes a result and remembers the command."""

    def __init__(self, result: Path, content: object) -> None:
        self._result, self._content = result, content
        self.command: tuple[str, ...] = ()

    def __call__(self, *command: str, threads: int) -> Usage:
        self.command = (*command, f"threads={threads}")
        self._result.parent.mkdir(exist_ok=True)
        self._result.write_text(json.dumps(self._content))
        return USAGE


def test_ours_is_read_from_the_summary_of_a_run(tmp_path, monkeypatch):
    summary = {
        "frames": 20,
        "seconds": 4.0,
        "stages": {"detect": {"seconds": 3.0}, "draw": {"seconds": 1.0}},
        "crops_embedded_per_stream_second": 7.5,
    }
    process = FakeProcess(tmp_path / "run" / "summary.json", summary)
    monkeypatch.setattr("benchmarks.pipeline.run_module", process)
    measured = measure_ours(conditions(max_frames=10), tmp_path / "run")
    assert process.command[:3] == ("app.run", "--cams", "cams.yaml")
    assert process.command[-3:] == ("--max-frames", "10", "threads=2")
    assert (measured.run_fps, measured.process_fps) == (5.0, 4.0)
    assert measured.stages == {"detect": 3.0, "draw": 1.0}
    assert measured.crops_per_stream_second == 7.5


def test_the_peer_gets_the_same_recordings_and_threads(tmp_path, monkeypatch):
    result = {"frames": 20, "seconds": 10.0, "stages": {"inference": 9.0}}
    process = FakeProcess(tmp_path / "peer.json", result)
    monkeypatch.setattr("benchmarks.pipeline.run_module", process)
    measured = measure_peer(conditions(), tmp_path / "peer.pt")
    assert process.command[:3] == ("benchmarks.ultralytics_peer", "a.mp4", "b.mp4")
    assert process.command[-3:] == ("--camera-motion", "none", "threads=2")
    assert measured.run_fps == 2.0
    assert measured.crops_per_stream_second is None


@pytest.mark.parametrize(
    ("sources", "live"),
    [
        pytest.param(["a.mp4"], None, id="one recording"),
        pytest.param(["a.mp4", "b.mp4"], None, id="recordings"),
        pytest.param(["a.mp4", "rtsp://camera/b"], "c1", id="live camera"),
        pytest.param(["0"], "c0", id="device"),
    ],
)
def test_only_recordings_can_be_measured(sources, live):
    cameras = [{"id": f"c{i}", "source": source} for i, source in enumerate(sources)]
    config = RunConfig.model_validate({"cameras": cameras})
    if live is None:
        assert recordings(config) == tuple(sources)
        return
    with pytest.raises(ConfigError, match=f"camera {live} is live"):
        recordings(config)
