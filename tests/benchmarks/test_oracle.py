from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.oracle import (
    OracleSettings,
    Part,
    Scene,
    draw_scene,
    draw_world,
    events,
    stream,
    young,
)
from benchmarks.oracle_errors import TrackErrors, with_errors
from benchmarks.oracle_roads import Layout, RoadSettings
from benchmarks.oracle_score import retrieval
from benchmarks.oracle_traffic import TrafficSettings


def world(
    *, seed: int = 0, vehicles: int = 40, per_hour: float = 600.0, **roads: object
) -> OracleSettings:
    traffic = TrafficSettings(vehicles=vehicles, per_hour=per_hour)
    return OracleSettings(roads=RoadSettings(**roads), traffic=traffic, seed=seed)


@pytest.mark.parametrize(
    ("layout", "cameras", "pairs"),
    [
        pytest.param("corridor", 1, 0, id="one camera"),
        pytest.param("corridor", 4, 3, id="corridor"),
        pytest.param("ring", 5, 5, id="ring"),
        # 3 columns: two roads east in each full row, one south from each of the first four.
        pytest.param("grid", 7, 8, id="grid that is not full"),
    ],
)
def test_roads(layout: Layout, cameras: int, pairs: int) -> None:
    roads, _ = draw_world(world(layout=layout, cameras=cameras, overlap_pairs=0))
    assert len(roads.ways) == 2 * pairs
    for (source, arm), way in roads.ways.items():
        assert arm in roads.cameras[source].zones
        assert way.entry_arm in roads.cameras[way.target].zones
        assert roads.ways[way.target, way.entry_arm].target == source
    assert not set(roads.ways) & set(roads.outer)


@pytest.mark.parametrize(
    "roads",
    [{"layout": "ring", "cameras": 2}, {"cameras": 0}, {"cameras": 3, "overlap_pairs": 3}],
    ids=["ring of two", "no camera", "more overlaps than roads"],
)
def test_impossible_roads_are_refused(roads: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be at"):
        RoadSettings(**roads)


def test_gaps_lie_within_the_links_but_for_the_tails() -> None:
    scene = draw_scene(world(vehicles=200, cameras=4, overlap_pairs=0))
    windows = {
        (link.from_camera, link.to_camera): (link.min_s, link.max_s)
        for link in scene.roads.camera_links()
    }
    by_vehicle: dict[int, list[Part]] = {}
    for part in sorted(scene.truth, key=lambda part: part.first_s):
        by_vehicle.setdefault(part.vehicle, []).append(part)
    gaps = [
        (windows[names], b.first_s - a.last_s)
        for parts in by_vehicle.values()
        for a, b in pairwise(parts)
        if (names := tuple(scene.roads.cameras[p.camera].name for p in (a, b))) in windows
        and b.first_s - a.last_s < 100
    ]
    inside = np.mean([low <= gap <= high for (low, high), gap in gaps])
    assert len(gaps) > 100
    assert inside > 0.95


def test_views_that_overlap_show_a_vehicle_at_once() -> None:
    scene = draw_scene(world(cameras=2, overlap_pairs=1))
    first = {p.vehicle: p for p in scene.truth if p.camera == 0}
    both = [(first[p.vehicle], p) for p in scene.truth if p.camera == 1 and p.vehicle in first]
    at_once = [a.first_s < b.last_s and b.first_s < a.last_s for a, b in both]
    assert np.mean(at_once) > 0.5
    assert all(link.overlap for link in scene.roads.camera_links())


def test_the_same_seed_gives_the_same_world_and_streaming_it_too() -> None:
    settings = world(clock_offset_s=3.0)
    streamed, listed = list(stream(settings)), draw_scene(settings).observations
    assert [o.tracklet.key for o in streamed] == [o.tracklet.key for o in listed]
    for a, b in zip(streamed, listed, strict=True):
        assert a.parts == b.parts
        np.testing.assert_array_equal(a.tracklet.embedding, b.tracklet.embedding)
    ends = [o.tracklet.last_timestamp for o in streamed]
    assert ends == sorted(ends)
    assert [p.vehicle for p in draw_scene(world(seed=1)).truth] != [
        p.vehicle for p in draw_scene(world(seed=2)).truth
    ]


def test_clocks_shift_what_a_camera_says() -> None:
    wrong, right = draw_scene(world(clock_offset_s=3.0)), draw_scene(world())
    offset = [c.clock_offset_s for c in wrong.roads.cameras]
    assert offset[0] == 0
    assert 0 < max(map(abs, offset)) <= 3

    def times(scene: Scene, offsets: list[float]) -> list[tuple[int, int, float]]:
        return sorted(
            (p.vehicle, p.camera, round(p.first_s - offsets[p.camera], 6)) for p in scene.truth
        )

    assert times(wrong, offset) == times(right, [0.0] * len(offset))


def test_difficulties_are_in_order_and_mid_is_as_stated() -> None:
    settings = world(vehicles=300, seed=1)
    easy, mid, hard = (
        retrieval(draw_scene(replace(settings, difficulty=d)).observations)
        for d in ("easy", "mid", "hard")
    )
    assert easy.mean_ap > 0.8 > mid.mean_ap > hard.mean_ap
    assert mid.mean_ap == pytest.approx(0.5, abs=0.06)
    assert mid.same == pytest.approx((0.92, 0.16), abs=0.04)
    assert mid.different == pytest.approx((1.33, 0.15), abs=0.03)


def test_retrieval_of_nothing_and_of_one() -> None:
    one = draw_scene(world(vehicles=1, cameras=1, overlap_pairs=0)).observations[:1]
    assert [retrieval(few).mean_ap for few in ([], one)] == [0.0, 0.0]


def test_a_tracklet_is_told_of_when_young_and_at_its_end() -> None:
    scene = draw_scene(world(vehicles=5))
    told = events(scene.observations)
    assert len(told) == 2 * len(scene.observations)
    times = [t.last_timestamp for t in told]
    assert times == sorted(times)
    seen = young(scene.observations[0].tracklet)
    assert not seen.ended
    assert seen.last_timestamp - seen.first_timestamp == pytest.approx(1.0)


def test_track_errors_keep_the_truth_and_the_frames() -> None:
    scene = draw_scene(world(vehicles=200, per_hour=2000))
    never = TrackErrors(missed_share=0, swapped_share=0, fragmented_share=0)
    swapped = with_errors(scene, replace(never, swapped_share=0.3), seed=1)
    fragmented = with_errors(scene, replace(never, fragmented_share=0.5), seed=1)
    missed = with_errors(scene, replace(never, missed_share=0.25), seed=1)

    assert len(with_errors(scene, never, seed=1).observations) == len(scene.observations)
    assert any(len({p.vehicle for p in o.parts}) == 2 for o in swapped.observations)
    assert len(swapped.observations) == len(scene.observations)
    assert len(fragmented.observations) > 1.2 * len(scene.observations)
    assert len(missed.observations) == pytest.approx(0.75 * len(scene.observations), rel=0.1)
    for changed in (swapped, fragmented, missed):
        assert changed.truth == scene.truth
        keys = [o.tracklet.key for o in changed.observations]
        assert len(set(keys)) == len(keys)
        for o in changed.observations:
            assert (np.diff(o.tracklet.timestamps) > 0).all()
            assert (o.parts[0].first_s, o.parts[-1].last_s) == pytest.approx(
                (o.tracklet.first_timestamp, o.tracklet.last_timestamp)
            )
