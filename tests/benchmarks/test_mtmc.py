from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import mtmc_oracle, mtmc_speed
from benchmarks.mtmc import app
from benchmarks.mtmc_oracle import (
    AGAIN,
    CORRECTED,
    GIVEN,
    PEER,
    TAUGHT,
    VARIANTS,
    VISITS,
    WHOLE,
    Fitted,
    Result,
    draw,
    fit,
    medians,
    settings_of,
)
from benchmarks.mtmc_speed import RemindedAssociator
from benchmarks.oracle import Key, Scene
from benchmarks.oracle_score import feed, score
from tests.tracking.corridor import passing
from tracking.association.settings import AssociationSettings
from tracking.types import EMBEDDING_DIM, Tracklet

VEHICLES = 15


@dataclass(frozen=True)
class Named:
    identity_id: int


class Counts:
    """Gives every tracklet a number of its own, at its end."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def update(self, tracklets: Sequence[Tracklet]) -> dict[Key, Named]:
        return {t.key: Named(next(self._numbers)) for t in tracklets if t.ended}


def measure(scene: Scene, fitted: Fitted) -> dict[str, Result]:
    """Measure a scene that nothing is known of beforehand."""
    return mtmc_oracle.measure(scene, fitted, earlier=replace(scene, observations=[]))


def test_another_day_has_other_traffic_on_the_same_roads() -> None:
    one, other, again = (
        draw(
            settings_of("corridor", "easy", seed=1, vehicles=VEHICLES, day=day), track_errors=False
        )
        for day in (0, 1, 0)
    )
    assert one.roads.camera_links() == other.roads.camera_links()
    times = [
        [o.tracklet.first_timestamp for o in scene.observations] for scene in (one, other, again)
    ]
    assert times[0] == times[2] != times[1]


def test_every_engine_is_measured_on_one_scene() -> None:
    earlier, scene = (
        draw(settings_of("corridor", "easy", seed=1, vehicles=VEHICLES, day=day), track_errors=True)
        for day in (1, 0)
    )
    results = mtmc_oracle.measure(scene, fit("easy", vehicles=VEHICLES), earlier=earlier)
    ours = [variant.name for variant in VARIANTS]
    assert list(results) == [PEER, *ours, CORRECTED, AGAIN, GIVEN.name, TAUGHT, VISITS]
    assert results[CORRECTED].idf1 >= results[WHOLE.name].idf1
    for result in results.values():
        assert 0 <= result.idf1 <= 1
        assert result.tracklets == len(scene.observations)
    assert results[PEER].online_idf1 is None


def test_who_comes_back_after_minutes_is_the_only_error_of_the_reference() -> None:
    settings = settings_of("corridor", "easy", seed=1, vehicles=VEHICLES)
    never = settings_of("corridor", "easy", seed=1, vehicles=VEHICLES, return_share=0.0)
    always = replace(settings, traffic=replace(settings.traffic, return_share=1.0))
    fitted = fit("easy", vehicles=VEHICLES)
    without = measure(draw(never, track_errors=False), fitted)[VISITS]
    assert (without.idf1, without.split, without.merged) == (1.0, 0, 0)
    all_back = measure(draw(always, track_errors=False), fitted)[VISITS]
    assert (all_back.split, all_back.merged) == (VEHICLES, 0)
    assert all_back.idf1 < 1


def test_median_of_nothing_and_of_several() -> None:
    scene = draw(settings_of("ring", "easy", seed=1, vehicles=VEHICLES), track_errors=False)
    one = measure(scene, fit("easy", vehicles=VEHICLES))
    found = medians([one, one, one])
    assert found[PEER]["online_idf1"] is None
    assert found[PEER]["idf1"] == one[PEER].idf1


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
    # Of two parts of three tracklets, each given twice.
    assert found.cpu_seconds * 6 / 1000 >= found.longest_update_s >= found.p99_update_s > 0


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
    assert found["return_share"] == mtmc_oracle.RETURN_SHARE


def test_command_draws_traffic_in_which_nobody_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mtmc_oracle, "LAYOUTS", {"corridor": 3})
    path = tmp_path / "mtmc.json"
    options = ["--difficulty", "easy", "--seed", "1", "--vehicles", "40", "--return-share", "0"]
    result = CliRunner().invoke(app, ["oracle", *options, "--json", str(path)])
    assert result.exit_code == 0, result.output
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["return_share"] == 0
    assert found["difficulties"]["easy"]["median"][VISITS]["idf1"] == 1


def test_unknown_difficulty_is_refused() -> None:
    result = CliRunner().invoke(app, ["oracle", "--difficulty", "impossible"])
    assert result.exit_code == 2
    assert "must be of easy, mid, hard" in result.output
