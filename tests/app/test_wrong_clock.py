"""A camera whose clock is 3 s wrong: found by a run, put right by the edit that it proposes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from app.graph.camera_graph import learned_by, put_camera_graph
from app.links import app
from app.storage.store import Store
from benchmarks.oracle import Observation, OracleSettings, draw_scene
from benchmarks.oracle_roads import RoadSettings
from benchmarks.oracle_score import feed
from benchmarks.oracle_traffic import TrafficSettings
from tests.app.stores import camera
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings

WRONG = "c002"
FAST_S = 3.0
CAMERAS = ("c000", "c001", "c002", "c003")


@pytest.fixture(scope="module")
def traffic() -> list[Observation]:
    """Vehicles along a road of four cameras, in true time."""
    roads = RoadSettings(layout="corridor", cameras=4, travel_s=(5.0, 12.0), red_s=(5.0, 15.0))
    vehicles = TrafficSettings(vehicles=110, return_share=0.0)
    scene = draw_scene(OracleSettings(roads=roads, traffic=vehicles, difficulty="easy", seed=0))
    return scene.observations


def proposal(folder: Path, traffic: list[Observation], *, fast_s: float, offset_s: float):
    """What `app.links` proposes after a run, with what `cams.yaml` had to say of the clock."""

    def seen(one: Observation) -> Observation:
        by_s = fast_s + offset_s if one.tracklet.camera_id == WRONG else 0.0
        times = one.tracklet.timestamps + by_s
        return replace(one, tracklet=replace(one.tracklet, timestamps=times))

    observations = sorted(map(seen, traffic), key=lambda o: o.tracklet.last_timestamp)
    engine = Associator(AssociationSettings())
    feed(engine, observations)
    with Store.create(folder) as store:
        for name in CAMERAS:
            store.put_camera(camera(name, clock_offset_s=offset_s if name == WRONG else 0.0))
        put_camera_graph(store, learned_by(engine))
    file = folder / "learned.yaml"
    result = CliRunner().invoke(app, ["--run", str(folder), "--yaml", str(file)])
    assert result.exit_code == 0, result.output
    return yaml.safe_load(file.read_text()), result.output


def test_a_clock_that_is_3_s_fast_is_found_and_put_right(
    tmp_path: Path, traffic: list[Observation]
) -> None:
    first, output = proposal(tmp_path / "first", traffic, fast_s=FAST_S, offset_s=0.0)
    (found,) = first["cameras"]
    assert found["id"] == WRONG
    assert found["clock_offset_s"] == pytest.approx(-FAST_S, abs=1.0)
    assert "clock -" in (tmp_path / "first" / "links.svg").read_text()
    assert "as it is" in output

    offset_s = found["clock_offset_s"]
    second, _ = proposal(tmp_path / "second", traffic, fast_s=FAST_S, offset_s=offset_s)
    assert "cameras" not in second
    # The windows proposed by the first run are those that the second one sees.
    ways = [
        {(one["from"], one["to"]): one.get("travel_time_s") for one in edit["links"]}
        for edit in (first, second)
    ]
    for way in ways[0].keys() & ways[1].keys():
        if ways[0][way] and ways[1][way]:
            assert ways[0][way][0] == pytest.approx(ways[1][way][0], abs=2.0)
