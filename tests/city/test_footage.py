"""The commands on the scene `tiny`, and its truth against the rendered pictures."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from app.config_file import load_config
from app.evaluation.ground_truth import Tracks, read_truth
from app.evaluation.scores import evaluate
from app.frames.recorded import RecordedSource
from city.episode import Episode, play
from city.footage import CameraEye, make_stage, vehicles_among
from city.mot import mot_files
from city.render import main
from city.scene import Scene, load_scene
from city.stage import Stage
from city.truth import FrameTruth
from tests.city.needs import require_city
from tests.city.scenes import TINY

pytestmark = pytest.mark.slow

app = typer.Typer()
app.command()(main)

SECONDS = 0.45
THIN = {"aerial", "roof_rack", "roof_rails", "ladder_rack", "tow_bar"}
"""What is narrower than a pixel: part of the outline, though no pixel shows it."""


@dataclass
class Rendered:
    """The scene, rendered by the command."""

    scene_file: Path
    out: Path

    def options(self, *more: object) -> list[str]:
        base = ("--scene", self.scene_file, "--out", self.out, "--workers", 1)
        return [str(part) for part in (*base, *more)]

    def run(self, *options: object) -> Result:
        return CliRunner().invoke(app, self.options(*options))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Rendered:
    require_city()
    folder = tmp_path_factory.mktemp("city")
    tree = yaml.safe_load(TINY.read_text())
    tree |= {"queries": 1, "absent_queries": 0}
    (folder / "scene.yaml").write_text(yaml.safe_dump(tree))
    found = Rendered(folder / "scene.yaml", folder / "out")
    done = found.run("--seconds", SECONDS)
    assert done.exit_code == 0, done.stderr
    return found


@pytest.fixture(scope="module")
def scene(rendered) -> Scene:
    return load_scene(rendered.scene_file)


@pytest.fixture(scope="module")
def episode(scene) -> Episode:
    return play(scene)


@pytest.fixture(scope="module")
def stage(scene, episode) -> Stage:
    return make_stage(scene, episode)


def test_truth_is_exact(scene, episode, stage):
    camera = scene.cameras[0]
    stage.set_view(camera.geometry, scene.lighting, parked=episode.trajectories.standing)
    find, free = FrameTruth(camera.geometry), 0
    for moment in np.arange(0, scene.duration_s, 0.5).tolist():
        states = episode.trajectories.states_at(moment)
        mask = stage.render(states, time_s=moment).actor_mask
        for truth in find(vehicles_among(states, episode.actors), stage.models, mask):
            rows, columns = np.nonzero(mask == truth.actor_id)
            of_mask = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            assert truth.visible_xyxy == of_mask
            assert truth.visible_pixels == len(rows)
            outside = np.subtract(of_mask, truth.whole_xyxy) * (1, 1, -1, -1)
            assert (outside >= 0).all()
            if truth.visibility > 0.99 and len(rows) > 100:
                free += 1
                thin = THIN & set(episode.actors[truth.actor_id].individual.traits)
                assert (outside[[0, 2, 3]] <= 1).all()
                assert outside[1] <= (4 if thin else 1)
    assert free > 5


def test_another_process_finds_the_same_truth(rendered, scene, episode, stage):
    camera = scene.cameras[0]
    eye = CameraEye(scene, episode, camera, stage=stage)
    times = scene.frame_times(camera)
    shown = times[times < SECONDS].tolist()
    labels = [x for k, t in enumerate(shown, start=1) for x in eye.look(t, frame=k)[1]]
    assert labels
    for name, text in mot_files(labels).items():
        assert (rendered.out / name / f"{camera.id}.txt").read_text() == text


def test_truth_is_read_and_scores_itself(rendered):
    truth = read_truth(rendered.out)
    assert sum(map(len, truth.counted.values())) > 0
    assert sum(map(len, truth.everything.values())) > sum(map(len, truth.counted.values()))
    assert truth.frames == {"west": 5, "east": 4}
    scores = evaluate(truth, Tracks(rendered.out, truth.counted), min_cameras=1)
    assert scores.together.identity.idf1 == 1


def test_the_configuration_is_ready_to_run(rendered):
    config = load_config(rendered.out / "cams.yaml")
    assert [camera.id for camera in config.cameras] == ["west", "east"]
    assert all(Path(camera.source).is_file() for camera in config.cameras)


def test_videos_have_the_times_of_their_frames(rendered, scene):
    for camera in scene.cameras:
        times = scene.frame_times(camera)
        times = times[times < camera.start_offset_s + SECONDS - 1e-9]
        source = RecordedSource(camera.id, rendered.out / f"{camera.id}.mp4")
        frames = list(source.frames())
        source.close()
        assert [f.timestamp for f in frames] == pytest.approx((times - times[0]).tolist(), abs=1e-4)
        assert frames[0].image.shape == (*camera.size[::-1], 3)
        assert frames[0].image.std() > 20


def test_everybody_in_the_truth_is_listed(rendered):
    with (rendered.out / "identities.csv").open(newline="") as file:
        listed = {row["id"] for row in csv.DictReader(file)}
    boxes = [
        line.split(",")[1]
        for name in ("west", "east")
        for line in (rendered.out / "gt" / f"{name}.txt").read_text().splitlines()
    ]
    assert set(boxes) == listed
    assert set(json.loads((rendered.out / "truth.json").read_text())["sightings"]) == listed


def test_queries_come_with_answers(rendered):
    (query,) = json.loads((rendered.out / "queries" / "queries.json").read_text())
    assert (rendered.out / "queries" / query["image"]).stat().st_size > 5000
    assert query["appearances"]
    assert query["box_xywh"][2] > 150


def test_what_is_finished_is_kept(rendered):
    before = {path: path.stat().st_mtime_ns for path in rendered.out.rglob("*.mp4")}
    done = rendered.run("--seconds", SECONDS)
    assert done.exit_code == 0, done.stderr
    assert before == {path: path.stat().st_mtime_ns for path in rendered.out.rglob("*.mp4")}
    assert "2 cameras, " in done.stderr


def test_a_folder_of_another_scene_is_refused(rendered):
    done = rendered.run("--seconds", 2 * SECONDS)
    assert done.exit_code == 2
    assert "was made from another length: choose another --out, or --overwrite" in done.stderr
    assert done.stderr.count("\n") == 1


def workers_of(process: subprocess.Popen[str]) -> list[str]:
    """The ids of the rendering processes that a process has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    return [c for c, text in zip(children, commands, strict=True) if b"spawn_main" in text]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_ctrl_c_ends_it_and_leaves_what_can_go_on(rendered, tmp_path):
    interrupted = Rendered(rendered.scene_file, tmp_path / "out")
    command = [sys.executable, "-m", "city.render", *interrupted.options()]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not workers_of(process):
        time.sleep(0.05)
    workers = workers_of(process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "run the same command to continue" in stderr
    assert "Traceback" not in stderr
    assert not list(interrupted.out.glob("*.mp4"))
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
