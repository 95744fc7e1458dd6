import csv
import io
import json

import numpy as np
import pytest
import yaml

from app.config import RunConfig
from city.documents import calibration_yaml, cams_yaml, identities_csv, truth_json
from city.readme import readme
from city.sightings import journeys
from tests.city.scenes import actors, tiny

SCENE = tiny()
ACTORS = actors(3, alike=(1, 3), parked=(2,))
SEEN = {"west": {1: [(0.0, 1.0)], 2: [(0.0, 3.9)]}, "east": {1: [(2.5, 3.0), (12.0, 13.0)]}}
WAYS = journeys(SEEN)


def test_the_configuration_is_what_a_run_takes():
    links = [{"from": "west", "to": "east", "travel_time_s": [1.5, 80]}]
    tree = yaml.safe_load(cams_yaml(SCENE.cameras, SCENE, links))
    config = RunConfig.model_validate(tree)
    assert [camera.source for camera in config.cameras] == ["west.mp4", "east.mp4"]
    west, east = (camera.start_timestamp for camera in config.cameras)
    # The clock of `east` is wrong, and nobody knows.
    assert east - west == pytest.approx(0.4)
    assert [camera.clock_offset_s for camera in config.cameras] == [0, 0]
    assert config.camera_links()[0].max_s == 80


def test_no_links():
    tree = yaml.safe_load(cams_yaml(SCENE.cameras[:1], SCENE, []))
    assert "links" not in tree
    RunConfig.model_validate(tree)


def test_calibration_projects_the_ground():
    tree = yaml.safe_load(calibration_yaml(SCENE.cameras, SCENE, {"west": 40, "east": 29}))
    camera = tree["cameras"][1]
    assert (camera["name"], camera["frames"], camera["fps"]) == ("east", 29, 8)
    ground = np.array([3.0, 1.0, 0.0])
    seen = np.array(camera["K"]) @ (np.array(camera["R"]) @ ground + camera["t"])
    back = np.array(camera["H_image_to_ground"]) @ (seen / seen[2])
    np.testing.assert_allclose(back[:2] / back[2], ground[:2], atol=1e-4)


def test_identities():
    rows = list(csv.DictReader(io.StringIO(identities_csv(ACTORS, WAYS, SCENE))))
    assert [row["id"] for row in rows] == ["1", "2"]
    assert [row["parked"] for row in rows] == ["0", "1"]
    assert rows[0]["class"] == "car"
    assert rows[0]["lookalike_group"] == "group1"
    assert rows[0]["cameras (first..last seen, wall clock)"] == (
        "east 2026-05-04T12:00:02.500..2026-05-04T12:00:03.000; "
        "east 2026-05-04T12:00:12.000..2026-05-04T12:00:13.000; "
        "west 2026-05-04T12:00:00.000..2026-05-04T12:00:01.000"
    )


def test_truth():
    tree = json.loads(truth_json(SCENE.cameras, SCENE, ACTORS, WAYS))
    assert tree["clocks"]["east"]["clock_error"] == 0.4
    assert tree["clocks"]["east"]["stated_start"] == 0.4
    assert tree["travel_times"]["west>east"]["all"] == [1.5]
    assert tree["sightings"]["2"] == [{"cam": "west", "first": 0.0, "last": 3.9}]
    assert tree["share_in_2_or_more_cameras"] == 0.5
    assert tree["returning"] == ["1"]
    assert tree["lookalike_groups"] == {"group1": ["1"]}
    assert tree["parked"] == ["2"]


def test_nobody_was_seen():
    tree = json.loads(truth_json(SCENE.cameras, SCENE, ACTORS, {}))
    assert (tree["vehicles"], tree["share_in_2_or_more_cameras"]) == (0, 0)
    assert identities_csv(ACTORS, {}, SCENE).count("\n") == 1
    assert "(none)" in readme(SCENE.cameras, SCENE, ACTORS, {}, boxes={"west": 0, "east": 0})


def test_the_readme_counts():
    text = readme(SCENE.cameras, SCENE, ACTORS, WAYS, boxes={"west": 51, "east": 12})
    assert "| west | 320×180, 10 fps | 51 |" in text
    assert "Vehicles seen: 2 (2 car), of these 1 parked, 1 in two or more" in text
