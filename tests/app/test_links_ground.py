"""Learned maps: kept, shown, and proposed as an edit to `cams.yaml`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from app.config_file import load_config
from app.errors import ConfigError
from app.graph.camera_graph import CameraGraph, camera_graph, put_camera_graph
from app.graph.link_proposal import as_yaml, propose_clocks, propose_ground
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


def proposed(graph: CameraGraph) -> list[dict[str, object]]:
    """Return what is to be added to the cameras, in their order."""
    edit = yaml.safe_load(as_yaml([], [], propose_ground(graph, [])))
    return [{key: one[key] for key in one if key != "id"} for one in edit["cameras"]]


def test_a_store_keeps_maps_and_views(run):
    from app.storage.store import Store

    with Store.open(run) as store:
        assert camera_graph(store) == GRAPH


def test_shared_views_are_shown_and_their_map_is_proposed(run, tmp_path):
    told = invoke("--run", run, "--yaml", tmp_path / "edit.yaml")
    assert "Overlapping views" in told
    assert "± 0.9 m" in told
    assert "29" in told
    assert "Proposed edit" in told
    edit = yaml.safe_load((tmp_path / "edit.yaml").read_text())
    assert edit["links"] == []
    assert [one["id"] for one in edit["cameras"]] == ["north", "south"]
    assert {one["ground_map"] for one in edit["cameras"]} == {"learned 1"}


def test_what_is_proposed_is_what_the_next_run_begins_with(tmp_path):
    ground = configuration(tmp_path, *proposed(GRAPH)).ground()
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


def beside(map_number: int, *maps: str, std_m: float = 1.234) -> CameraGraph:
    """Return that the south is on a map that people made, with the north, which is calibrated."""
    ground = GroundEstimate("south", map_number, TURNED, made=True, std_m=std_m)
    return CameraGraph(views=GRAPH.views, ground=(ground,), maps=maps)


@pytest.mark.parametrize("name", [None, "site"])
def test_who_shares_a_view_with_a_calibrated_camera_is_proposed_for_its_map(tmp_path, name):
    calibrated = {"ground_homography": [list(row) for row in ROWS]}
    elsewhere = calibrated | {"ground_map": "another site"}
    if name is not None:
        calibrated["ground_map"] = name
    first = configuration(tmp_path, calibrated, {}, elsewhere)
    assert first.ground_maps() == (("another site",) if name is None else ("another site", "site"))
    number = first.ground()["north"].frame
    (edit,) = proposed(beside(number, *first.ground_maps()))
    assert edit.get("ground_map") == name
    second = configuration(tmp_path, calibrated, edit, elsewhere).ground()
    assert second["south"].frame == second["north"].frame != second["west"].frame
    assert second["north"].std_m == 0
    # So that it still says nothing of clocks.
    assert second["south"].std_m == pytest.approx(1.234, abs=0.01)


def test_that_it_is_on_the_map_without_a_name_is_said(tmp_path):
    with city_store(tmp_path / "monday") as store:
        put_camera_graph(store, beside(GIVEN))
    told = invoke("--run", tmp_path / "monday", "--yaml", tmp_path / "edit.yaml")
    assert "on the map of the calibrated cameras" in told
    (one,) = yaml.safe_load((tmp_path / "edit.yaml").read_text())["cameras"]
    assert one.keys() == {"id", "ground_std_m", "ground_homography"}


def test_metres_that_are_counted_from_far_away_are_proposed_exactly(tmp_path):
    far = np.array([[1, 0, 500_000.0], [0, 1, 5_800_000.0], [0, 0, 1]]) @ np.array(ROWS)
    graph = beside(GIVEN)
    rows = tuple(tuple(map(float, row)) for row in far)
    graph = replace(graph, ground=(replace(graph.ground[0], homography=rows),))
    ground = configuration(tmp_path, {}, *proposed(graph)).ground()
    boxes = np.array([[400.0, 300.0, 460.0, 350.0], [100.0, 200.0, 180.0, 240.0]])
    found, expected = ground["south"].places(boxes), GroundPlane(far).places(boxes)
    np.testing.assert_allclose(found[:, :2], expected[:, :2], rtol=0, atol=0.01)


def test_a_learned_map_is_not_named_as_one_that_was_taken_over(tmp_path):
    # The west is on a map of an earlier run, the others share nothing with it.
    graph = replace(GRAPH, maps=("learned 1",))
    assert {one["ground_map"] for one in proposed(graph)} == {"learned 2"}
    west = {"ground_map": "learned 1", "ground_homography": [list(row) for row in ROWS]}
    ground = configuration(tmp_path, *proposed(graph), west).ground()
    assert ground["north"].frame == ground["south"].frame != ground["west"].frame


@pytest.mark.parametrize("wrong", ["north", "south"])
def test_nothing_is_proposed_of_who_shares_a_view_with_a_wrong_clock(wrong):
    # The west is on the same map by another view, and the north is calibrated.
    others = SharedView("west", "east", 20, 1.0), GroundEstimate("west", GIVEN, ROWS, made=True)
    graph = beside(GIVEN)
    graph = replace(
        graph,
        views=(*graph.views, others[0]),
        ground=(*graph.ground, others[1]),
        clocks=(replace(WRONG, camera_id=wrong),),
    )
    clocks = propose_clocks([camera("north"), camera("south"), camera("west")], graph)
    assert [one.camera_id for one in propose_ground(graph, clocks)] == ["west"]


def test_a_deviation_without_places_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match="ground_std_m needs ground_homography or"):
        configuration(tmp_path, {"ground_std_m": 1.0})


def test_cameras_are_on_the_maps_that_are_named(tmp_path):
    matrix = {"ground_homography": [list(row) for row in ROWS]}
    config = configuration(tmp_path, matrix, matrix | {"ground_map": 7}, {})
    frames = {name: plane.frame for name, plane in config.ground().items()}
    assert frames == {"north": GIVEN, "south": GIVEN + 1}


def test_a_map_without_places_on_it_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match="ground_map needs ground_homography or"):
        configuration(tmp_path, {"ground_map": "site"})
