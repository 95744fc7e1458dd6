"""A run that is killed, and a run that is looked at while it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
import yaml
from typer.testing import CliRunner

from app import query
from app.storage.store import Store
from tests.app.fakes import BLUE, RED, Car, passing, write_recording

ROOT = Path(__file__).parents[2]
FRAMES = 80
TIMEOUT_S = 240.0


@pytest.fixture
def cams(tmp_path: Path) -> Path:
    """A red car passes camera a, then b; a blue one passes b only."""
    write_recording(tmp_path / "a.mp4", [Car(RED, passing(0))], frames=FRAMES)
    cars = [Car(RED, passing(4)), Car(BLUE, passing(1), top=4)]
    write_recording(tmp_path / "b.mp4", cars, frames=FRAMES)
    (tmp_path / "weights.safetensors").write_bytes(b"stands for the weights of the embedder")
    path = tmp_path / "cams.yaml"
    tree = {
        "cameras": [{"id": name, "source": f"{name}.mp4"} for name in "ab"],
        "reid": {"weights": str(tmp_path / "weights.safetensors")},
        "output": {"preset": "ultrafast"},
    }
    path.write_text(yaml.safe_dump(tree))
    return path


def start(cams: Path, accident: str, call: int) -> subprocess.Popen[str]:
    options = ["--cams", str(cams), "--out", str(cams.parent / "run")]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.colour_run", accident, str(call), *options],
        cwd=cams.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def search(run: Path, *options: object) -> list[str]:
    """The lines that a query prints."""
    result = CliRunner().invoke(query.app, ["--store", str(run), *map(str, options)])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def await_pause(process: subprocess.Popen[str], cams: Path) -> Path:
    """Return the mark that keeps the run waiting, once it is there."""
    mark = cams.parent / "paused"
    deadline = time.monotonic() + TIMEOUT_S
    while not mark.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the run has not come so far"
        time.sleep(0.05)
    return mark


def frame_count(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


def test_what_was_committed_survives_kill_9(cams: Path) -> None:
    process = start(cams, "kill", 75)
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == -signal.SIGKILL
    run = cams.parent / "run"
    with Store.open(run) as store:
        # Batch 75 was lost; the last commit was before that of 7 s.
        assert [camera.frames for camera in store.cameras()] == [70, 70]
        assert {i.identity_id: i.cameras for i in store.identities()} == {1: ("a", "b"), 2: ("b",)}
        assert [box.frame for box in store.boxes("a")] == list(range(1, 32))
        # Still in view when the run was killed.
        assert [box.frame for box in store.boxes("b") if box.identity_id == 1] == list(
            range(41, 70)
        )
        (red,) = [s for s in store.sightings() if s.camera_id == "a"]
        assert store.thumbnail(red.sighting_id)[:2] == b"\xff\xd8"
    # The blue car looks unlike the red one, and yet is the nearest of all others.
    assert any("1.414" in line for line in search(run, "--identity", 1))


def test_a_run_can_be_searched_while_it_goes_on(cams: Path) -> None:
    process = start(cams, "pause", 75)
    mark, run = await_pause(process, cams), cams.parent / "run"
    with Store.open(run) as store:
        assert [camera.frames for camera in store.cameras()] == [70, 70]
        assert store.totals().identities == 2
    assert any("1.414" in line for line in search(run, "--identity", 1))
    mark.unlink()
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, stderr
    with Store.open(run) as store:
        assert [camera.frames for camera in store.cameras()] == [FRAMES, FRAMES]
    assert frame_count(run / "videos" / "a.mp4") == FRAMES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_the_process_cleanly(cams: Path, number: signal.Signals) -> None:
    process = start(cams, "pause", 60)
    mark, run = await_pause(process, cams), cams.parent / "run"
    process.send_signal(number)
    mark.unlink()
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    summary = json.loads((run / "summary.json").read_text())
    # Batch 60 was in hand.
    assert (summary["complete"], summary["frames"]) == (False, 120)
    assert [frame_count(run / "videos" / f"{name}.mp4") for name in "ab"] == [60, 60]
    assert not list(run.rglob("*.part"))
