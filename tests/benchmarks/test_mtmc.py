from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import mtmc_oracle, mtmc_speed
from benchmarks.mtmc import app
from benchmarks.mtmc_oracle import PEER, VARIANTS, corrections_for, draw, fit, medians, settings_of
from benchmarks.mtmc_speed import RemindedAssociator
from benchmarks.oracle import Key
from benchmarks.oracle_score import Answer, feed, score, unchanging
from tests.tracking.corridor import passing
from tracking.association import AssociationSettings
from tracking.types import EMBEDDING_DIM, Tracklet

VEHICLES = 15


def answer_of(identities: dict[Key, int]) -> Answer:
    return Answer({}, unchanging(identities))


@dataclass(frozen=True)
class Named:
    identity_id: int


class Counts:
    """Gives every tracklet a number of its own, at its end."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def update(self, tracklets: Sequence[Tracklet]) -> dict[Key, Named]:
        return {t.key: Named(next(self._numbers)) for t in tracklets if t.ended}


def test_every_engine_is_measured_on_one_scene() -> None:
    scene = draw(settings_of("corridor", "easy", seed=1, vehicles=VEHICLES), track_errors=True)
    results = mtmc_oracle.measure(scene, fit("easy", vehicles=VEHICLES))
    assert list(results) == [PEER, *(variant.name for variant in VARIANTS)]
    for result in results.values():
        assert 0 <= result.idf1 <= 1
        assert result.tracklets == len(scene.observations)
    assert results[PEER].online_idf1 is None


def test_median_of_nothing_and_of_several() -> None:
    scene = draw(settings_of("ring", "easy", seed=1, vehicles=VEHICLES), track_errors=False)
    one = mtmc_oracle.measure(scene, fit("easy", vehicles=VEHICLES))
    found = medians([one, one, one])
    assert found[PEER]["online_idf1"] is None
    assert found[PEER]["idf1"] == one[PEER].idf1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param(None, [], id="nothing wrong"),
        # A tracklet under a number of its own: it is the same as the longest of its vehicle.
        pytest.param(99, [True], id="split"),
    ],
)
def test_corrections_of_a_person(name: int | None, said: list[bool]) -> None:
    scene = draw(settings_of("corridor", "easy", seed=3, vehicles=VEHICLES), track_errors=False)
    by_vehicle: dict[int, list[Key]] = {}
    for o in sorted(scene.observations, key=lambda o: o.parts[0].first_s - o.parts[0].last_s):
        by_vehicle.setdefault(o.vehicle, []).append(o.tracklet.key)
    # The shortest tracklet of a vehicle of several is renamed.
    long = next(keys for keys in by_vehicle.values() if len(keys) > 2)
    identities = {key: vehicle + 1 for vehicle, keys in by_vehicle.items() for key in keys}
    if name is not None:
        identities[long[-1]] = name
    found = corrections_for(scene, answer_of(identities), most=5)
    assert [c.same for c in found] == said
    if said:
        assert (found[0].first, found[0].second) == (long[0], long[-1])
    assert corrections_for(scene, answer_of(identities), most=0) == []


def test_a_wrong_merge_is_said_to_be_two_vehicles() -> None:
    scene = draw(settings_of("corridor", "easy", seed=3, vehicles=VEHICLES), track_errors=False)
    right = {o.tracklet.key: o.vehicle + 1 for o in scene.observations}
    counts = np.bincount([o.vehicle for o in scene.observations])
    mine, other = np.flatnonzero(counts >= 2)[:2].tolist()
    moved = min(
        (o for o in scene.observations if o.vehicle == mine),
        key=lambda o: o.parts[0].last_s - o.parts[0].first_s,
    )
    wrong = right | {moved.tracklet.key: other + 1}
    same, different = corrections_for(scene, answer_of(wrong), most=5)
    assert (same.same, different.same) == (True, False)
    assert same.second == different.second == moved.tracklet.key
    assert right[same.first] == mine + 1
    assert right[different.first] == other + 1


@pytest.mark.parametrize("size", [1, 12])
def test_speed_is_measured_with_a_gallery_of_that_size(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("BATCH", 5), ("WARM_UP", 2), ("PARTS", 2), ("PART", 3)):
        monkeypatch.setattr(mtmc_speed, name, value)
    found = mtmc_speed.measure(size)
    assert found.identities == size
    assert found.tracklets >= size
    assert found.seconds > 0


def test_what_it_was_told_is_recognised_and_numbers_are_not_given_twice() -> None:
    first, other = np.eye(2, EMBEDDING_DIM)
    engine = RemindedAssociator(AssociationSettings())
    engine.remember([passing("a", 1, np.arange(0.0, 4.0), first)], [7])
    again = engine.update([passing("b", 1, np.arange(20.0, 24.0), first)])
    new = engine.update([passing("b", 2, np.arange(30.0, 34.0), other)])
    assert again["b", 1].identity_id == 7
    assert new["b", 2].identity_id > 7


def test_engine_without_a_right_answer_scores_nothing() -> None:
    scene = draw(settings_of("corridor", "mid", seed=5, vehicles=VEHICLES), track_errors=False)
    assert score(scene, feed(Counts(), scene.observations).final).identity.idf1 == 0


def test_command_writes_table_and_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mtmc_oracle, "LAYOUTS", {"corridor": 3})
    path = tmp_path / "mtmc.json"
    options = ["--difficulty", "easy", "--seed", "1", "--vehicles", "12", "--json", str(path)]
    result = CliRunner().invoke(app, ["oracle", *options])
    assert result.exit_code == 0, result.output
    assert PEER in result.output
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["environment"]["hardware"]["cores"] >= 1
    (run,) = found["difficulties"]["easy"]["runs"]
    assert run["results"][PEER]["idf1"] == found["difficulties"]["easy"]["median"][PEER]["idf1"]


def test_unknown_difficulty_is_refused() -> None:
    result = CliRunner().invoke(app, ["oracle", "--difficulty", "impossible"])
    assert result.exit_code == 2
    assert "must be of easy, mid, hard" in result.output
