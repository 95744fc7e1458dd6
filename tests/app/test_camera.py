"""One camera: what is followed, kept, embedded and handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
import pytest

from app.camera import MATURE_S, CameraTracks, Pass
from app.storage.records import BoxRow, MovedBoxes
from detector.types import Detections, Frame
from tests.app.fakes import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    Car,
    ColourDetector,
    ColourEmbedder,
    colour_of,
    colours,
    frame,
    passing,
    standing,
)
from tests.app.stores import axis
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Tracker
from tracking.single_camera.tracklet import TrackletSettings
from tracking.types import Track

NOTHING = np.zeros((0, 512), np.float32)
ALL_LANES = {RED: 4, GREEN: 36, BLUE: 68}


@dataclass
class Seen:
    """What came out of a camera, with the index of the frame in which it did."""

    boxes: list[tuple[int, BoxRow]] = field(default_factory=list)
    passes: list[tuple[int, Pass]] = field(default_factory=list)
    moved: list[tuple[int, MovedBoxes]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def frames_of(self, track_id: int) -> list[int]:
        return [box.frame for _, box in self.boxes if box.track_id == track_id]


def moved_boxes(track_id: int, *, to: int, first_frame: int, last_frame: int) -> MovedBoxes:
    """Of the one camera, whose frames are 0.1 s apart."""
    return MovedBoxes(
        camera_id="north",
        track_id=track_id,
        to=to,
        first_frame=first_frame,
        last_frame=last_frame,
        timestamp=frame("north", last_frame, []).timestamp,
    )


def camera(*, settings: TrackletSettings | None = None, **options: object) -> CameraTracks:
    tracker = Tracker("north", TrackerSettings())
    return CameraTracks("north", tracker, settings or TrackletSettings(), **options)


def watch(
    tracks: CameraTracks,
    cars: list[Car],
    *,
    frames: int,
    detector: ColourDetector | None = None,
) -> Seen:
    detect, embed, seen = detector or ColourDetector(), ColourEmbedder(), Seen()
    for index in range(frames):
        now = frame("north", index, cars)
        asked = tracks.advance(now, detect([now.image])[0])
        seen.asked.append(len(asked))
        found = tracks.learn(now, embed([now.image], [asked]))
        seen.moved += [(index, one) for one in found]
        seen.boxes += [(index, box) for box in tracks.take_boxes()]
        seen.passes += [(index, one) for one in tracks.take_passes(now.timestamp)]
    return seen


def test_an_empty_street_gives_nothing():
    tracks = camera()
    seen = watch(tracks, [], frames=20)
    assert (seen.boxes, seen.passes, sum(seen.asked)) == ([], [], 0)
    assert tracks.finish() == []


def test_a_vehicle_that_is_not_seen_any_more_is_looked_for_until_its_pass_ends():
    seen = watch(camera(), [Car(RED, passing(0.0))], frames=70)
    found = [(index, one.tracklet) for index, one in seen.passes]
    # Out of the picture at 3.2 s; between two passes it was seen in every frame.
    looked = [one.last_timestamp + one.unseen_s for index, one in found if not one.ended]
    assert looked == pytest.approx([index / 10 for index, one in found if not one.ended])
    assert max(one.unseen_s for _, one in found) > 2
    assert [one.unseen_s for _, one in found if one.ended] == [0]


def test_every_box_of_a_vehicle_is_kept_once_from_its_first_frame_on():
    seen = watch(camera(), [Car(RED, passing(0.0))], frames=60)
    # Below 100 pixels in the first frames, out of the picture at 3.2 s.
    assert seen.frames_of(1) == list(range(1, 32))
    confirmed_at = seen.boxes[0][0]
    assert 2 < confirmed_at < 8
    assert [box.frame for at, box in seen.boxes if at == confirmed_at] == list(
        range(1, confirmed_at + 1)
    )
    box = next(box for _, box in seen.boxes if box.frame == 15)
    assert box.xyxy == (58.0, 36.0, 90.0, 60.0)
    assert (box.timestamp, box.confidence, box.class_id) == (1.5, pytest.approx(0.9), 0)


def test_many_vehicles_are_kept_apart():
    cars = [Car(colour, passing(0.2), top=top) for colour, top in ALL_LANES.items()]
    seen = watch(camera(), cars, frames=90)
    ended = [one for _, one in seen.passes if one.tracklet.ended]
    assert sorted(colour_of(one.tracklet) for one in ended) == sorted(ALL_LANES)
    tops = {box.track_id: set() for _, box in seen.boxes}
    for _, box in seen.boxes:
        tops[box.track_id].add(box.xyxy[1])
    assert sorted(tops.values(), key=min) == [{4.0}, {36.0}, {68.0}]


def test_what_flickers_up_leaves_nothing_behind():
    tracks = camera()
    seen = watch(tracks, [Car(RED, standing(60, since=0.5, until=0.7))], frames=30)
    assert (seen.boxes, seen.passes, sum(seen.asked)) == ([], [], 0)
    assert not tracks._vehicles


def test_a_pass_is_handed_on_when_it_is_ripe_and_when_it_has_ended():
    tracks = camera()
    seen = watch(tracks, [Car(RED, passing(1.0))], frames=90)
    (ripe_at, ripe), *looks, (ended_at, ended) = seen.passes
    assert (ripe.tracklet.ended, ended.tracklet.ended) == (False, True)
    # Another look every half a second, also while it is lost.
    moments = [ripe_at, *(at for at, _ in looks), ended_at]
    assert all(later - earlier in (5, 6) for earlier, later in pairwise(moments[:-1]))
    assert moments[-1] - moments[-2] <= 6
    assert not any(look.tracklet.ended for _, look in looks)
    first_s = ripe.first_frame / 10
    assert ripe_at / 10 == pytest.approx(first_s + MATURE_S)
    # Lost for three seconds, then gone.
    assert ended_at / 10 == pytest.approx(ended.last_frame / 10 + 3.1)
    assert (ended.first_frame, ended.last_frame) == (11, 41)
    assert (ended.tracklet.first_timestamp, ended.tracklet.last_timestamp) == (1.1, 4.1)
    assert not tracks._vehicles
    assert tracks.finish() == []


def test_finish_ends_what_is_still_in_view_once():
    tracks = camera()
    seen = watch(tracks, [Car(RED, standing(60))], frames=10)
    assert [one.tracklet.ended for _, one in seen.passes] == [False]
    (last,) = tracks.finish()
    assert last.tracklet.ended
    assert (last.first_frame, last.last_frame) == (0, 9)
    assert tracks.finish() == []


def test_a_standing_vehicle_is_embedded_every_two_seconds_only():
    seen = watch(camera(), [Car(RED, standing(60))], frames=51)
    # Confirmed in its third frame, then refreshed.
    assert [index for index, count in enumerate(seen.asked) if count] == [2, 22, 42]


def test_the_best_view_is_the_one_that_shows_most():
    tracks = camera()
    watch(tracks, [Car(RED, passing(0.0))], frames=25)
    (seen,) = tracks.finish()
    x1, y1, x2, y2 = seen.view.xyxy
    # Wholly in the picture, hence not touching its border.
    assert (x2 - x1, y2 - y1) == (32, 24)
    assert x1 > 2
    assert seen.view.timestamp == pytest.approx((x1 + 32) / 60)
    thumbnail = cv2.imdecode(np.frombuffer(seen.view.thumbnail, np.uint8), cv2.IMREAD_COLOR)
    assert (thumbnail[thumbnail.shape[0] // 2, thumbnail.shape[1] // 2] > 128).tolist() == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("options", "confidence", "colours"),
    [
        pytest.param({}, {}, {RED, GREEN, BLUE}, id="all"),
        pytest.param(
            {"roi": np.array([(0, 50), (160, 50), (160, 70), (0, 70)], np.float32)},
            {},
            {GREEN},
            id="lower edge in the region of interest",
        ),
        pytest.param(
            {"roi": np.array([(0, 96), (0, 0), (160, 0), (160, 96)], np.float32)},
            {},
            {RED, GREEN, BLUE},
            id="the whole picture, the other way round",
        ),
        pytest.param({"min_confidence": 0.5}, {RED: 0.49}, {GREEN, BLUE}, id="too unsure"),
        pytest.param({"min_confidence": 0.5}, {RED: 0.5}, {RED, GREEN, BLUE}, id="just sure"),
    ],
)
def test_a_camera_ignores_what_it_is_told_to(options, confidence, colours):
    tracks = camera(**options)
    cars = [Car(colour, standing(60), top=top) for colour, top in ALL_LANES.items()]
    watch(tracks, cars, frames=20, detector=ColourDetector(confidence))
    assert {colour_of(one.tracklet) for one in tracks.finish()} == colours


def hidden_stop(at: float) -> float | None:
    """Drives until 1.5 s, is hidden until 3 s, and then stands where it was last seen."""
    if at < 1.45:
        return 60 * at - 32
    return None if at < 2.95 else 58.0


@pytest.mark.parametrize(
    ("settings", "embedded_late"),
    [
        pytest.param(TrackletSettings(), False, id="recognised when confirmed"),
        pytest.param(TrackletSettings(good_quality=0.99), True, id="recognised later"),
    ],
)
def test_a_vehicle_found_again_goes_on_under_its_first_id(settings, embedded_late):
    tracks = camera(settings=settings)
    seen = watch(tracks, [Car(YELLOW, hidden_stop)], frames=60)
    ((at, found),) = seen.moved
    assert found == moved_boxes(2, to=1, first_frame=30, last_frame=at)
    # What was handed out under the younger id in the meantime has to be moved.
    assert seen.frames_of(2) == (list(range(30, at)) if embedded_late else [])
    assert seen.frames_of(1) == [*range(1, 15), *range(at if embedded_late else 30, 60)]
    (whole,) = tracks.finish()
    assert whole.tracklet.track_id == 1
    assert (whole.first_frame, whole.last_frame) == (1, 59)
    assert not [one for _, one in seen.passes if one.tracklet.track_id == 2]


def stops_behind(at: float) -> float | None:
    """Drives until 1.5 s, is hidden until 3.5 s, and then stands a little further on."""
    if at < 1.45:
        return 60 * at - 32
    return 64.0 if at >= 3.45 else None


def comes_out(at: float) -> float | None:
    """Comes out from 2 s on where that one would, had it driven on."""
    return 60 * at - 32 if at >= 1.95 else None


@pytest.mark.parametrize(
    ("settings", "told_at"),
    [
        pytest.param(TrackletSettings(), 20, id="seen at once"),
        pytest.param(TrackletSettings(min_interval_s=1.95), 26, id="seen later"),
    ],
)
def test_a_track_that_went_on_on_another_vehicle_is_parted(settings, told_at):
    tracks = camera(settings=settings)
    seen = watch(tracks, [Car(RED, stops_behind), Car(BLUE, comes_out)], frames=60)
    first, (back_at, back) = seen.moved
    assert first == (told_at, moved_boxes(1, to=2, first_frame=20, last_frame=told_at))
    assert back == moved_boxes(3, to=1, first_frame=35, last_frame=back_at)
    # What was handed out under the first id in the meantime has to be moved.
    assert [n for n in seen.frames_of(1) if 15 <= n < 35] == list(range(20, told_at))
    assert {track_id: [box.frame for box in rows] for track_id, rows in moved(seen).items()} == {
        1: [*range(1, 15), *range(35, 60)],
        2: list(range(20, 32)),
    }
    ended = [one for _, one in seen.passes if one.tracklet.ended] + tracks.finish()
    assert [(one.tracklet.track_id, one.first_frame, one.last_frame) for one in ended] == [
        (1, 1, 59),
        (2, 20, 31),
    ]
    for one, colour in zip(ended, (RED, BLUE), strict=True):
        # All its looks are of one colour, and so is the picture of it.
        assert set(one.tracklet.exemplars.argmax(axis=1).tolist()) == {colour}
        assert one.first_frame / 10 <= one.view.timestamp <= one.last_frame / 10
        assert colour_in(one.view.thumbnail) == colour
    assert not tracks._vehicles


def colour_in(thumbnail: bytes) -> int:
    """Return the colour in the middle of a picture."""
    image = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
    return int(colours(image)[image.shape[0] // 2, image.shape[1] // 2])


@pytest.mark.parametrize("leaves", [np.inf, 3.0], ids=["stays", "drives on"])
def test_a_vehicle_that_stops_in_front_of_another_is_not_taken_for_it(leaves):
    def stops(at: float) -> float:
        return min(60 * at - 32, 60.0) if at < leaves else 60 + 60 * (at - leaves)

    tracks = camera()
    seen = watch(tracks, [Car(RED, standing(60)), Car(BLUE, stops)], frames=60)
    # All of the hidden one is back from a time on, under a new id at first.
    assert [one.to for _, one in seen.moved] == ([1] if leaves < np.inf else [])
    assert set(moved(seen)) == {1, 2}
    ended = [one for _, one in seen.passes if one.tracklet.ended] + tracks.finish()
    assert {one.tracklet.track_id: colour_of(one.tracklet) for one in ended} == {1: RED, 2: BLUE}
    for one in ended:
        assert len(set(one.tracklet.exemplars.argmax(axis=1).tolist())) == 1
    assert not tracks._vehicles


class Confused(Tracker):
    """A tracker that takes two vehicles for each other when they meet, at 1.6 s."""

    def update(self, detections: Detections, timestamp: float) -> list[Track]:
        before = super().update(detections, timestamp)
        if round(timestamp, 3) != 1.6:
            return before
        one, other = sorted(self._tracks, key=lambda track: track.track_id)
        for name in ("track_id", "first_timestamp", "first_xyxy", "votes", "appearance", "doubt"):
            kept = getattr(one, name)
            setattr(one, name, getattr(other, name))
            setattr(other, name, kept)
        tracks = sorted([one, other], key=lambda track: track.track_id)
        return [track.snapshot("north", timestamp) for track in tracks]


def moved(seen: Seen) -> dict[int, list[BoxRow]]:
    """Return the boxes by track, after what was found out has been put right as the store does."""
    boxes = [(at, box.track_id, box) for at, box in seen.boxes]
    for found_at, found in seen.moved:
        boxes = [
            (at, found.to, box)
            if at < found_at and track_id == found.track_id and box.frame >= found.first_frame
            else (at, track_id, box)
            for at, track_id, box in boxes
        ]
    by_track: dict[int, list[BoxRow]] = {}
    for _, track_id, box in boxes:
        by_track.setdefault(track_id, []).append(box)
    return by_track


@pytest.mark.parametrize("confused", [False, True], ids=["kept apart", "taken for each other"])
def test_vehicles_that_were_taken_for_each_other_are_put_right(confused):
    settings = TrackerSettings()
    tracker = Confused("north", settings) if confused else Tracker("north", settings)
    tracks, seen = CameraTracks("north", tracker, TrackletSettings()), Seen()
    for index in range(33):
        # Which one is which is seen from its upper edge.
        left, right = 6 * index, 192 - 6 * index
        shown = boxes((left, 36, left + 32, 60), (right, 44, right + 32, 68))
        asked = tracks.advance(blank(index), shown)
        looks = [axis(*((1,) if box[1] == 36 else (0, 1))) for box in asked]
        found = tracks.learn(blank(index), np.stack(looks) if looks else NOTHING)
        seen.moved += [(index, one) for one in found]
        seen.boxes += [(index, box) for box in tracks.take_boxes()]
        tracks.take_passes(index / 10)
    ended = {one.tracklet.track_id: one for one in tracks.finish()}
    assert bool(seen.moved) is confused
    by_track = moved(seen)
    assert len(by_track) == len(ended) == 2
    for track_id, rows in by_track.items():
        top = rows[0].xyxy[1]
        assert {box.frame for box in rows if box.xyxy[1] != top} <= {16}
        assert [box.frame for box in rows] == list(range(33))
        one = ended[track_id]
        assert (one.first_frame, one.last_frame) == (0, 32)
        # Not a look at the other one is among its own.
        assert np.allclose(one.tracklet.exemplars, axis(*((1,) if top == 36 else (0, 1))))
    assert not tracks._vehicles


def test_a_track_that_is_dropped_in_its_first_frame_is_nothing_to_end():
    # The second box is far enough from the first to found a track, and near enough to where the
    # filter puts that vehicle to be dropped as its double at once.
    tracks = camera()
    steady, ahead, behind = (100, 30, 200, 90), (105, 30, 205, 90), (96, 30, 196, 90)
    for index in range(11):
        asked = tracks.advance(blank(index), boxes(*([steady] if index < 10 else [ahead, behind])))
        tracks.learn(blank(index), np.stack([axis(1)] * len(asked)) if len(asked) else NOTHING)
    assert [one.tracklet.track_id for one in tracks.finish()] == [1]


def blank(index: int) -> Frame:
    return Frame("north", index, index / 10, np.zeros((120, 320, 3), np.uint8))


def boxes(*xyxy: tuple[int, int, int, int]) -> Detections:
    return Detections(
        np.array(xyxy, np.float32), np.full(len(xyxy), 0.9, np.float32), np.zeros(len(xyxy), int)
    )
