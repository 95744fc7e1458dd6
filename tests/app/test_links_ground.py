"""Learned maps: kept, shown, and proposed as an edit to `cams.yaml`."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from app.camera_graph import CameraGraph, camera_graph, put_camera_graph
from app.config_file import load_config
from app.errors import ConfigError
from app.link_proposal import as_yaml, propose_clocks, propose_ground
from app.links import app
from tests.app.stores import camera, city_store
from tracking.decisions import ClockEstimate, GroundEstimate, SharedView
from tracking.ground import GIVEN, LEARNED, GroundPlane

ROWS = ((0.066246853, 0.0, -31.79849), (0.0, -0.012729606, 57.460583), (0.0, 0.0093202965, -1.0))
TURNED = ((0.0, 0.05, -3.0), (0.04, 0.01, 7.0), (0.0, 0.008, -1.0))
GRAPH = CameraGraph(
    views=(SharedView("north", "south", 29, 0.93),),
    ground=(GroundEstimate("north", 1, ROWS), GroundEstimate("south", 1, TURNED)),
)
RIGHT, WRONG = ClockEstimate("south", 0.2, 0.3, 40.0), ClockEstimate("south", 3.0, 0.3, 40.0)


@pytest.fixture
def run(tmp_path):
    with city_store(tmp_path / "monday") as store:
        put_camera_graph(store, GRAPH)
    return tmp_path / "monday"


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def configuration(tmp_path, *extra: dict[str, object]):
    cameras = [
        {"id": name, "source": f"rtsp://{name}"} | more
        for name, more in zip(("north", "south", "west"), extra, strict=False)
    ]
    path = tmp_path / "cams.yaml"
    path.write_text(yaml.safe_dump({"cameras": cameras}))
    return load_config(path)


def test_a_store_keeps_maps_and_views(run):
    from app.store import Store

    with Store.open(run) as store:
        assert camera_graph(store) == GRAPH


def test_shared_views_are_shown_and_their_map_is_proposed(run, tmp_path):
    told = invoke("--run", run, "--yaml", tmp_path / "edit.yaml")
    assert "Views that cameras share" in told
    assert "± 0.9 m" in told
    assert "29" in told
    assert "Proposed edit" in told
    edit = yaml.safe_load((tmp_path / "edit.yaml").read_text())
    assert edit["links"] == []
    assert [one["id"] for one in edit["cameras"]] == ["north", "south"]
    assert {one["ground_map"] for one in edit["cameras"]} == {"learned 1"}


def test_what_is_proposed_is_what_the_next_run_begins_with(tmp_path):
    edit = yaml.safe_load(as_yaml([], [], GRAPH.ground))
    told = [{key: one[key] for key in one if key != "id"} for one in edit["cameras"]]
    ground = configuration(tmp_path, *told).ground()
    boxes = np.array([[400.0, 300.0, 460.0, 350.0], [100.0, 200.0, 180.0, 240.0]])
    for one in GRAPH.ground:
        learned = GroundPlane(np.array(one.homography))
        found = ground[one.camera_id].places(boxes)
        np.testing.assert_allclose(found, learned.places(boxes), rtol=1e-5)
    assert ground["north"].frame == ground["south"].frame
    assert GIVEN < ground["north"].frame < LEARNED


def test_no_map_is_proposed_that_lies_as_it_does_because_of_a_wrong_clock():
    cameras = [camera("north"), camera("south")]
    for clock, maps in ((RIGHT, 2), (WRONG, 0)):
        graph = CameraGraph(clocks=(clock,), views=GRAPH.views, ground=GRAPH.ground)
        assert len(propose_ground(graph, propose_clocks(cameras, graph))) == maps


def test_cameras_are_on_the_maps_that_are_named(tmp_path):
    matrix = {"ground_homography": [list(row) for row in ROWS]}
    config = configuration(tmp_path, matrix, matrix | {"ground_map": 7}, {})
    frames = {name: plane.frame for name, plane in config.ground().items()}
    assert frames == {"north": GIVEN, "south": GIVEN + 1}


def test_a_map_without_places_on_it_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match="ground_map names the map of ground_homography or"):
        configuration(tmp_path, {"ground_map": "site"})
