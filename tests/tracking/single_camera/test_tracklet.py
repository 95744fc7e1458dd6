from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.single_camera.tracklet import TrackletBuilder, TrackletSettings
from tracking.types import EMBEDDING_DIM, Track, TrackState

BOX = (100.0, 100.0, 200.0, 150.0)


def direction(*weights: float) -> np.ndarray:
    """Return a unit vector from its first components."""
    vector = np.zeros(EMBEDDING_DIM, np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


def snapshot(
    timestamp: float, *, box=BOX, state=TrackState.CONFIRMED, track_id=1, to_settle=False
) -> Track:
    return Track(
        camera_id="a",
        track_id=track_id,
        state=state,
        xyxy=np.array(box, np.float32),
        confidence=0.9,
        class_id=0,
        timestamp=timestamp,
        detection=0,
        to_settle=to_settle,
    )


def builder(track_id: int = 1, **settings: float) -> TrackletBuilder:
    return TrackletBuilder("a", track_id, TrackletSettings(**settings))


def embedded_at(builder: TrackletBuilder, frames: list[tuple[float, tuple, float]]) -> list[float]:
    """Show (time, box, quality) frames and embed whenever asked for it; return when."""
    times = []
    for timestamp, box, quality in frames:
        builder.see(snapshot(timestamp, box=box), quality)
        if builder.wants_embedding():
            builder.add(direction(1))
            times.append(timestamp)
    return times


def test_a_tentative_track_is_not_embedded():
    track = builder()
    track.see(snapshot(0.0, state=TrackState.TENTATIVE), 0.9)
    assert not track.wants_embedding()
    track.see(snapshot(0.1), 0.9)
    assert track.wants_embedding()


def wide(ratio: float) -> tuple[float, float, float, float]:
    return (100, 100, 100 + 50 * ratio, 150)


@pytest.mark.parametrize(
    ("frames", "times"),
    [
        pytest.param([(0, BOX, 0.3), (1, BOX, 0.3), (1.9, BOX, 0.3)], [0], id="the same again"),
        pytest.param([(0, BOX, 0.3), (0.6, BOX, 0.38), (1, BOX, 0.4)], [0, 1], id="clearly better"),
        pytest.param([(0, BOX, 0.3), (0.4, BOX, 0.9), (0.5, BOX, 0.9)], [0, 0.5], id="too soon"),
        pytest.param([(0, BOX, 0.3), (1, wide(2.6), 0.3)], [0, 1], id="new aspect"),
        pytest.param([(0, BOX, 0.3), (1, wide(2.4), 0.3)], [0], id="nearly the same aspect"),
        pytest.param([(0, BOX, 0.3), (1, wide(1.5), 0.1)], [0], id="new aspect, but poor"),
        pytest.param([(0, BOX, 0.3), (2, BOX, 0.2), (3, BOX, 0.3)], [0, 2], id="after a time"),
        pytest.param([(0, BOX, 0.3), (2, BOX, 0.1), (3, BOX, 0.2)], [0, 3], id="poor waits"),
        pytest.param([(0, BOX, 0.1), (0.5, BOX, 0.2)], [0.5], id="first good one"),
        pytest.param([(0, BOX, 0.1), (0.5, BOX, 0.1), (1, BOX, 0.1)], [1], id="patience ends"),
        pytest.param([(0, (0, 0, 40, 19), 0.9), (9, (0, 0, 40, 20), 0.9)], [9], id="too small"),
    ],
)
def test_when_to_embed(frames, times):
    assert embedded_at(builder(), frames) == times


def test_embeddings_are_bounded():
    frames = [(3.0 * i, BOX, 0.5) for i in range(10)]
    assert len(embedded_at(builder(max_embeddings=4), frames)) == 4


@pytest.mark.parametrize(
    ("embedded", "timestamp", "box", "quality", "wanted"),
    [
        pytest.param([0.0], 0.6, BOX, 0.3, True, id="though it looks the same"),
        pytest.param([0.0], 0.6, BOX, 0.01, True, id="though it is poor"),
        pytest.param([0.0, 2.0, 4.0, 6.0], 7.0, BOX, 0.3, True, id="though it has all"),
        pytest.param([0.0], 0.4, BOX, 0.3, False, id="too soon"),
        pytest.param([0.0], 0.6, (0, 0, 40, 19), 0.3, False, id="too small"),
        pytest.param([], 0.6, BOX, 0.01, False, id="nothing to compare it with"),
    ],
)
def test_a_doubt_is_settled_by_one_look(embedded, timestamp, box, quality, wanted):
    track = builder(max_embeddings=4)
    for at in embedded:
        track.see(snapshot(at), 0.3)
        track.add(direction(1))
    if not embedded:
        track.see(snapshot(0.0), 0.01)
    track.see(snapshot(timestamp, box=box, to_settle=True), quality)
    assert track.wants_embedding() is wanted
    # In the next frame, without a doubt, all is as usual.
    track.see(snapshot(timestamp + 0.1, box=box), quality)
    assert not track.wants_embedding()


def test_nothing_is_known_before_the_first_embedding():
    track = builder()
    assert track.tracklet(ended=True) is None
    track.see(snapshot(0.0), 0.5)
    assert track.tracklet(ended=True) is None


def test_one_embedding():
    track = builder()
    track.see(snapshot(5.0), 0.5)
    track.add(direction(1))
    found = track.tracklet(ended=False)
    assert found.key == ("a", 1)
    assert not found.ended
    assert found.timestamps.tolist() == [5.0]
    assert found.xyxy.tolist() == [list(BOX)]
    assert found.embedding[0] == 1
    assert found.exemplars.shape == (1, EMBEDDING_DIM)


def test_how_long_it_was_looked_for_in_vain():
    track = builder()
    track.see(snapshot(5.0), 0.5)
    track.add(direction(1))
    assert track.tracklet(ended=False).unseen_s == 0
    assert track.tracklet(ended=False, looked_until=7.5).unseen_s == 2.5
    # It is not looked for any more.
    assert track.tracklet(ended=True, looked_until=7.5).unseen_s == 0


def test_the_mean_is_weighted_by_quality_and_of_unit_length():
    track = builder()
    for timestamp, quality, view in ((0.0, 0.4, direction(1)), (1.0, 0.3, direction(0, 1))):
        track.see(snapshot(timestamp), quality)
        track.add(view)
    # 0.4 and 0.3 along two axes: 3-4-5.
    assert track.tracklet(ended=True).embedding[:2].tolist() == pytest.approx([0.8, 0.6])


def test_exemplars_are_the_most_diverse_views():
    track = builder(max_exemplars=3)
    views = [direction(1), direction(0, 1), direction(1, 0.1), direction(0, 0, 1)]
    for timestamp, view in enumerate(views):
        track.see(snapshot(float(timestamp)), 0.5 if timestamp != 2 else 0.4)
        track.add(view)
    kept = track.tracklet(ended=True).exemplars
    # The third view is nearly the first and of lower quality.
    assert np.array_equal(kept, np.stack([views[0], views[1], views[3]]))


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=60), st.integers(3, 10))
def test_the_path_is_bounded_and_keeps_both_ends(gaps, max_samples):
    track = builder(max_samples=max_samples)
    times = np.cumsum(gaps)
    for timestamp in times:
        track.see(snapshot(float(timestamp)), 0.5)
        if timestamp == times[0]:
            track.add(direction(1))
        path = track.tracklet(ended=False).timestamps
        assert len(path) <= max_samples
        assert (path[0], path[-1]) == (times[0], timestamp)
        assert (np.diff(path) > 0).all()


def test_a_long_path_stays_evenly_sampled():
    track = builder(max_samples=20)
    for step in range(1000):
        track.see(snapshot(step * 0.1), 0.5)
    track.add(direction(1))
    path = track.tracklet(ended=True).timestamps
    assert len(path) >= 10
    assert np.diff(path)[:-1].max() < 2.1 * np.diff(path)[:-1].min()


def test_a_refound_track_goes_on_with_what_was_known():
    first, later = builder(), builder(track_id=7)
    first.see(snapshot(0.0), 0.4)
    first.add(direction(1))
    for timestamp, quality in ((3.0, 0.2), (4.0, 0.6)):
        later.see(snapshot(timestamp, track_id=7), quality)
    later.add(direction(0, 1))
    first.absorb(later)
    found = first.tracklet(ended=True)
    assert found.key == ("a", 1)
    assert found.timestamps.tolist() == [0, 3, 4]
    assert found.embedding[:2].tolist() == pytest.approx(np.array([0.4, 0.6]) / np.hypot(0.4, 0.6))
    assert len(found.exemplars) == 2
    with pytest.raises(ValueError, match=r"track 7 must begin after 4\.0, begins at 3\.0"):
        first.absorb(later)


def test_what_another_vehicle_left_is_split_off():
    track = builder()
    for timestamp in range(6):
        track.see(snapshot(float(timestamp)), 0.5)
        if timestamp != 3:
            track.add(direction(1) if timestamp < 3 else direction(0, 1))
    later = track.split_off(3.0, track_id=8)
    before, after = track.tracklet(ended=True), later.tracklet(ended=False)
    assert (before.key, after.key) == (("a", 1), ("a", 8))
    assert before.timestamps.tolist() == [0, 1, 2]
    assert after.timestamps.tolist() == [3, 4, 5]
    assert before.embedding[:2].tolist() == [1, 0]
    assert after.embedding[:2].tolist() == [0, 1]
    assert (len(before.exemplars), len(after.exemplars)) == (3, 2)
    # Both go on by themselves.
    later.see(snapshot(6.0, track_id=8), 0.5)
    later.add(direction(0, 0, 1))
    assert later.tracklet(ended=True).timestamps.tolist() == [3, 4, 5, 6]
    track.absorb(later)
    assert track.tracklet(ended=True).timestamps.tolist() == list(range(7))
    assert track.tracklet(ended=True).embedding[:3] == pytest.approx(np.array([3, 2, 1]) / 14**0.5)


def test_a_part_without_looks_is_no_tracklet_yet():
    track = builder()
    track.see(snapshot(0.0), 0.5)
    track.add(direction(1))
    track.see(snapshot(1.0), 0.5)
    later = track.split_off(1.0, track_id=2)
    assert later.tracklet(ended=True) is None
    later.see(snapshot(1.1, track_id=2), 0.5)
    assert later.wants_embedding()


def looked_at(looks: dict[float, np.ndarray], *, track_id: int = 1, **settings) -> TrackletBuilder:
    """See a track every half a second for 3 s, of quality 0.1, 0.2 and so on; look when told to."""
    track = builder(track_id, **settings)
    for step in range(6):
        track.see(snapshot(step / 2, track_id=track_id), (1 + step) / 10)
        if step / 2 in looks:
            track.add(looks[step / 2])
    return track


@given(st.sets(st.sampled_from([0.5, 1.0, 1.5, 2.0, 2.5])), st.floats(0.01, 2.5), st.integers(1, 4))
def test_parts_put_together_again_are_the_whole(looks, since, max_exemplars):
    views = {at: direction(1, at, at * at) for at in {0.0, *looks}}
    track, whole = (looked_at(views, max_exemplars=max_exemplars) for _ in range(2))
    later = track.split_off(since, track_id=7)
    parts = [part.tracklet(ended=True) for part in (track, later)]
    times = [time for part in parts if part is not None for time in part.timestamps]
    # A part without a look is no tracklet, but is not lost either.
    assert parts[0] is not None
    assert (parts[1] is None) == (max(views) < since)
    track.absorb(later)
    found, expected = track.tracklet(ended=True), whole.tracklet(ended=True)
    assert times == expected.timestamps[: len(times)].tolist()
    assert found.key == expected.key
    assert np.array_equal(found.timestamps, expected.timestamps)
    assert np.array_equal(found.xyxy, expected.xyxy)
    assert found.embedding == pytest.approx(expected.embedding, abs=1e-6)
    assert np.array_equal(found.exemplars, expected.exemplars)


def test_of_a_thinned_path_every_sample_stays():
    track = builder(max_samples=8)
    for step in range(30):
        track.see(snapshot(step / 10), 0.5)
        if step == 0:
            track.add(direction(1))
    track.add(direction(0, 1))
    path = track.tracklet(ended=True).timestamps.tolist()
    later = track.split_off(1.5, track_id=7)
    parts = [part.tracklet(ended=True).timestamps.tolist() for part in (track, later)]
    assert [*parts[0], *parts[1]] == path
    assert parts[0][-1] < 1.5 <= parts[1][0]


def test_snapshots_that_do_not_belong_are_refused():
    track = builder()
    with pytest.raises(ValueError, match="track must be a/1, is a/2"):
        track.see(snapshot(0.0, track_id=2), 0.5)
    track.see(snapshot(1.0), 0.5)
    with pytest.raises(ValueError, match=r"timestamp must be after 1\.0, is 1\.0"):
        track.see(snapshot(1.0), 0.5)
    lost = Track("a", 1, TrackState.LOST, np.array(BOX, np.float32), 0.0, 0, 2.0, None)
    with pytest.raises(ValueError, match="track 1 has no detection at 2"):
        track.see(lost, 0.5)


def test_embeddings_that_do_not_belong_are_refused():
    track = builder()
    with pytest.raises(ValueError, match="track 1 has no crop"):
        track.add(direction(1))
    with pytest.raises(ValueError, match=r"embedding must have shape \(512\)"):
        track.add(np.ones(3, np.float32))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"better_by": -0.1}, r"better_by must be finite and not negative, is -0\.1"),
        ({"refresh_s": float("nan")}, "refresh_s must be finite"),
        ({"max_embeddings": 0}, "max_embeddings must be at least 1, is 0"),
        ({"max_samples": 2}, "max_samples must be at least 3, is 2"),
        ({"acceptable_share": 1.5}, r"acceptable_share must be at most 1, is 1\.5"),
    ],
    ids=["negative", "nan", "no embeddings", "no path", "share"],
)
def test_settings_name_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        TrackletSettings(**settings)
