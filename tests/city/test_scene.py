from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
import yaml

from city.lighting import PRESETS
from city.scene import CameraSettings, load_scene
from tests.city.small_scenes import FOLDER, scene, tree

CAMERA = tree()["cameras"][0]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scene_file_is_sound_and_named_after_itself(path):
    assert load_scene(path).name == path.stem


def test_scene_files_share_no_seed_and_validation_shows_what_training_never_does():
    scenes = [load_scene(path) for path in sorted(FOLDER.glob("*.yaml"))]
    assert len({s.seed for s in scenes}) == len(scenes)
    splits = {s.name: s.traffic.split for s in scenes}
    assert {k for k, v in splits.items() if v == "validation"} == {
        *("validation-1", "validation-2", "validation-3", "validation-4")
    }


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        pytest.param(
            {"colour": 1},
            r"colour: unknown key; known here: absent_queries, bystanders, cam",
            id="key",
        ),
        pytest.param(
            {"seed": -1}, r"seed: -1: Input should be greater than or equal to 0", id="range"
        ),
        pytest.param(
            {"lighting": "disco"}, r"lighting: 'disco': lighting must be one of day,", id="light"
        ),
        pytest.param(
            {"lighting": {"preset": "day", "sun": 1}},
            r"lighting\.sun: unknown key; known here: beam_reach_m, ",
            id="light key",
        ),
        pytest.param(
            {"lighting": {"preset": "day", "shadow": "dark"}},
            r"lighting\.shadow: 'dark': Input should be a valid number",
            id="light value",
        ),
        pytest.param(
            {"lighting": {"preset": ["day"]}},
            r"lighting: .*lighting must be one of day,",
            id="light preset",
        ),
        pytest.param(
            {"map": {"layout": "grid", "storeys": 2}},
            r"map\.grid\.storeys: unknown key; known here: arm_m, columns, lanes_x",
            id="map key",
        ),
        pytest.param({"map": {"layout": "maze"}}, r"map: .*'maze'", id="layout"),
        pytest.param(
            {"traffic": {"flows": [{"route": "W0 G99", "vehicles": 1, "from_s": 0, "to_s": 1}]}},
            r"traffic\.flows\.0\.route: 'W0 G99': no node 'G99'; known: ",
            id="route",
        ),
        pytest.param(
            {"traffic": {"kinds": {"bicycle": 1}}},
            r"traffic: .*bicycle is none of the traffic",
            id="kind",
        ),
        pytest.param(
            {"cameras": [CAMERA, {**CAMERA, "id": "CAM1"}]},
            r"cameras\.1\.id: 'cam1': already used by another camera",
            id="camera twice",
        ),
        pytest.param(
            {"cameras": [{**CAMERA, "id": "_west"}]},
            r"cameras\.0\.id: '_west': String should match pattern",
            id="camera begins with a line",
        ),
        pytest.param(
            {"cameras": [{**CAMERA, "look_at": [10, -10, 0]}]},
            r"cameras\.0: .*straight above or below",
            id="looks down",
        ),
        pytest.param(
            {"cameras": [{**CAMERA, "sensor": {"noice": 1}}]},
            r"cameras\.0\.sensor\.noice: unknown key; known here: .*noise",
            id="sensor key",
        ),
        pytest.param(
            {"cameras": [{**CAMERA, "sensor": {"noise": -1}}]},
            r"cameras\.0\.sensor: .*noise must not be negative",
            id="sensor value",
        ),
        pytest.param({"cameras": []}, r"cameras: at least one camera is expected", id="no camera"),
        pytest.param({"map": None}, r"map: None: ", id="no map"),
    ],
)
def test_each_finding_is_one_line_with_file_key_and_value(tmp_path, changed, line):
    path = tmp_path / "scene.yaml"
    path.write_text(yaml.safe_dump(tree(**changed)))
    with pytest.raises(ValueError, match=rf"^{path}: {line}") as error:
        load_scene(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("- a", "a mapping is expected at the top", id="a list"),
        pytest.param("", "a mapping is expected at the top", id="empty"),
        pytest.param("a: [", "not valid YAML in line 1", id="syntax"),
        pytest.param("a: 1\na: 2", "line 2: key 'a' is written twice", id="key twice"),
        pytest.param("b: {<<: {a: 1}, a: 2}", "b: unknown key", id="a merged key overridden"),
        pytest.param("a: " + 5000 * "[" + 5000 * "]", "recursion", id="endless nesting"),
        pytest.param("name: x", "seed: missing", id="missing"),
    ],
)
def test_files_that_are_no_scene(tmp_path, text, message):
    path = tmp_path / "scene.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_scene(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.yaml: no such file"):
        load_scene(tmp_path / "none.yaml")


def test_lighting_by_name_by_change_and_per_camera():
    made = scene(
        lighting={"preset": "day", "sun_direction": [0, 1, 1]},
        cameras=[CAMERA, {**CAMERA, "id": "cam2", "lighting": "night"}],
    )
    assert made.lighting_of(made.cameras[0]).sun_direction == (0, 1, 1)
    assert made.lighting_of(made.cameras[1]) == PRESETS["night"]


def test_another_frame_rate_changes_nothing_else():
    made = scene(duration_s=60, cameras=[CAMERA, {**CAMERA, "id": "cam2", "frame_rate": 8}])
    sparse = made.at_frame_rate(0.5)
    for camera in sparse.cameras:
        assert sparse.frame_times(camera).tolist() == np.arange(0, 60, 2).tolist()
    cameras = tuple(
        new.model_copy(update={"frame_rate": old.frame_rate})
        for new, old in zip(sparse.cameras, made.cameras, strict=True)
    )
    assert sparse.model_copy(update={"cameras": cameras}) == made


def test_another_seed_changes_nothing_else():
    made = scene()
    other = made.with_seed(made.seed + 1)
    assert other != made
    assert other.model_copy(update={"seed": made.seed}) == made


def test_frame_times_run_from_the_offset_at_the_frame_rate():
    made = scene(cameras=[{**CAMERA, "frame_rate": 8, "start_offset_s": 0.5}])
    times = made.frame_times(made.cameras[0])
    np.testing.assert_allclose(times, 0.5 + np.arange(40) / 8)
    assert made.end_s == 5.5


def test_a_recording_has_a_frame_at_any_rate():
    made = scene(cameras=[{**CAMERA, "start_offset_s": 0.5}]).at_frame_rate(0.05)
    assert made.frame_times(made.cameras[0]).tolist() == [0.5]


def test_dropped_frames_are_the_same_ones_each_time_and_never_the_first():
    made = scene(duration_s=60, cameras=[{**CAMERA, "dropped_frames": 0.3}])
    times = made.frame_times(made.cameras[0])
    assert times[0] == 0
    assert 360 < len(times) < 480  # 600 × 0.7 = 420
    np.testing.assert_array_equal(times, made.frame_times(made.cameras[0]))


def test_the_stated_start_is_wrong_by_the_clock_offset():
    made = scene(cameras=[{**CAMERA, "start_offset_s": 1, "clock_offset_s": -0.25}])
    assert made.stated_start(made.cameras[0]) == datetime(2026, 5, 4, 12, 0, 0, 750_000)
    assert made.time_of(1.0) == datetime(2026, 5, 4, 12, 0, 1)


def test_a_camera_knows_its_geometry():
    geometry = CameraSettings.model_validate(CAMERA).geometry
    assert geometry.size_wh == (960, 540)
    assert geometry.eye == (10, -10, 6)
