from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.errors import OutputError, QueryError, StoreError
from app.storage.records import BoxRow, SightingFilter, Totals
from app.storage.schema import SCHEMA_VERSION
from app.storage.store import Store, store_path
from tests.app.stores import START, assign, axis, box, camera, city_store, tracklet, view
from tracking.types import Track, TrackState


@pytest.fixture
def store(tmp_path: Path):
    with Store.create(tmp_path / "run") as created:
        created.put_camera(camera("north"))
        created.put_camera(camera("south"))
        yield created


# ------------------------------------------------------------------ the file


def test_a_store_is_found_by_its_folder_or_its_file(tmp_path: Path) -> None:
    city_store(tmp_path / "run").close()
    for path in (tmp_path / "run", tmp_path / "run" / "sightings.db"):
        with Store.open(path) as found:
            assert found.path == tmp_path / "run" / "sightings.db"
            assert found.totals().vehicles == 4


def test_a_folder_may_be_called_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "odd.db").mkdir()
    assert store_path(tmp_path / "odd.db") == tmp_path / "odd.db" / "sightings.db"


def test_a_new_store_is_in_wal_mode_and_empty(store: Store) -> None:
    store.commit()
    with sqlite3.connect(store.path) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()
    assert store.totals() == Totals(frames=1200, vehicles=0, identities=0, shared_identities=0)
    assert list(store.sightings()) == []
    assert list(store.identities()) == []
    assert list(store.boxes("north")) == []
    assert list(store.vectors()) == []


def test_an_older_store_stays(tmp_path: Path) -> None:
    city_store(tmp_path).close()
    with pytest.raises(StoreError, match="already"):
        Store.create(tmp_path)
    with Store.open(tmp_path) as older:
        assert older.totals().vehicles == 4


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        Store.create(tmp_path / "file" / "run")


def write_nothing(path: Path) -> None:
    path.touch()


def write_text(path: Path) -> None:
    path.write_text("frame,id,x,y\n" * 100)


def write_other_database(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE t (x)")
    raw.close()


def write_other_version(path: Path) -> None:
    Store.create(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: None, "there is no store", id="missing"),
        pytest.param(write_nothing, "not a store", id="empty"),
        pytest.param(write_text, "not a database", id="text"),
        pytest.param(write_other_database, "not a store", id="other database"),
        pytest.param(write_other_version, f"version 99 found, {SCHEMA_VERSION} expected", id="99"),
    ],
)
def test_what_is_no_store_of_this_version_is_refused(tmp_path: Path, make, message: str) -> None:
    path = tmp_path / "sightings.db"
    make(path)
    with pytest.raises(StoreError, match=message) as caught:
        Store.open(path)
    assert str(path) in str(caught.value)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    city_store(tmp_path).close()
    message = "readonly database; to change it, copy the run"
    with Store.open(tmp_path) as reader, pytest.raises(StoreError, match=message):
        reader.set_meta("a", 1)


def test_a_reader_sees_what_a_running_writer_has_committed(store: Store) -> None:
    store.append_boxes([box(0, 1)])
    store.commit()
    store.append_boxes([box(1, 1)])
    with Store.open(store.path) as reader:
        assert [b.frame for b in reader.boxes("north")] == [0]
        store.commit()
        assert [b.frame for b in reader.boxes("north")] == [0, 1]


def test_closing_commits(tmp_path: Path) -> None:
    with Store.create(tmp_path) as writer:
        writer.put_camera(camera("north"))
    with Store.open(tmp_path) as reader:
        assert [c.camera_id for c in reader.cameras()] == ["north"]


def test_what_is_read_only_in_part_outlives_the_store(tmp_path: Path) -> None:
    with city_store(tmp_path) as reader:
        sightings = reader.sightings()
        next(sightings)
    del sightings  # a complaint would be a warning, and a warning an error


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from stores import box, camera, tracklet, view
    from app.storage.store import Store

    store = Store.create(Path(sys.argv[1]))
    store.put_camera(camera("north"))
    for frame in range(10**9):
        store.append_boxes([box(frame, track) for track in range(5)])
        store.upsert_sighting(tracklet("north", frame), view(), first_frame=0, last_frame=frame)
        store.commit()
        sys.stdout.write(f"{frame}\\n")
        sys.stdout.flush()
    """
)


def test_what_was_committed_survives_kill_9(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) == 200:
                break
        writer.send_signal(signal.SIGKILL)
    with Store.open(tmp_path, readonly=False) as found:
        frames = [b.frame for b in found.boxes("north")]
        sightings = [s.track_id for s in found.sightings()]
        assert max(frames) >= 200
        assert frames == [f for f in range(max(frames) + 1) for _ in range(5)]
        assert sorted(sightings) == list(range(max(frames) + 1))
        check = found._connection.execute("PRAGMA integrity_check").fetchone()
        assert check == ("ok",)
        found.append_boxes([box(max(frames) + 1, 1)])


# ------------------------------------------------------------------ cameras and facts


def test_facts_are_kept_and_replaced(store: Store) -> None:
    store.set_meta("warnings", ["camera north: broke off"])
    store.set_meta("warnings", [])
    store.set_meta("models", {"reid": "scan", "iou": 0.5})
    assert store.meta("warnings") == []
    assert store.meta("models") == {"reid": "scan", "iou": 0.5}
    assert store.meta("unknown") is None
    assert store.meta("unknown", 3) == 3


def test_cameras_keep_their_order_and_are_brought_up_to_date(tmp_path: Path) -> None:
    with Store.create(tmp_path) as store:
        fresh = camera("z", frames=0, first_timestamp=None, last_timestamp=None, live=True)
        store.put_camera(fresh)
        store.put_camera(camera("a", start_time=None, clock_offset_s=-3.5))
        seen = replace(fresh, frames=7, first_timestamp=START, last_timestamp=START + 0.6)
        store.put_camera(seen)
        assert store.cameras() == [seen, camera("a", start_time=None, clock_offset_s=-3.5)]


# ------------------------------------------------------------------ boxes


def test_boxes_come_by_frame_and_track_with_their_final_identity(store: Store) -> None:
    store.append_boxes([box(1, 2), box(1, 1), box(0, 2)])
    store.append_boxes([box(0, 2, camera_id="south")])
    store.append_boxes([])
    store.upsert_sighting(tracklet("north", 2), view(), first_frame=0, last_frame=1)
    assign(store, "north", 2, identity_id=5)
    found = list(store.boxes("north"))
    assert [(b.frame, b.track_id, b.identity_id) for b in found] == [
        (0, 2, 5),
        (1, 1, None),
        (1, 2, 5),
    ]
    assert found[0] == replace(box(0, 2), identity_id=5)
    assert [b.camera_id for b in store.boxes("south")] == ["south"]


def test_boxes_of_some_frames(store: Store) -> None:
    store.append_boxes(box(frame, 1) for frame in range(5))
    assert [b.frame for b in store.boxes("north", first_frame=1, last_frame=3)] == [1, 2, 3]
    assert [b.frame for b in store.boxes("north", first_frame=3)] == [3, 4]


def test_a_box_of_a_track() -> None:
    track = Track(
        camera_id="north",
        track_id=4,
        state=TrackState.CONFIRMED,
        xyxy=np.array([1, 2, 3, 4.5], np.float32),
        confidence=0.5,
        class_id=2,
        timestamp=START,
        detection=0,
    )
    assert BoxRow.of(track, 12) == BoxRow(
        camera_id="north",
        frame=12,
        track_id=4,
        timestamp=START,
        xyxy=(1.0, 2.0, 3.0, 4.5),
        confidence=0.5,
        class_id=2,
    )


def test_boxes_of_an_unknown_camera_are_a_mistake_of_the_caller(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store.append_boxes([box(0, 1, camera_id="nowhere")])


# ------------------------------------------------------------------ sightings and identities


def test_a_sighting_is_replaced_under_its_old_id_and_identity(store: Store) -> None:
    early = store.upsert_sighting(tracklet("north", 7), view(), first_frame=0, last_frame=3)
    assign(store, "north", 7, identity_id=2, distance=0.5)
    better = view(at=START + 4, thumbnail=b"better")
    longer = tracklet("north", 7, at=START + 4, class_id=2)
    late = store.upsert_sighting(longer, better, first_frame=0, last_frame=60)
    assert late == early
    found = store.sighting(late)
    assert (found.identity_id, found.match_distance) == (2, 0.5)
    assert (found.first_frame, found.last_frame, found.class_id) == (0, 60, 2)
    assert (found.first_timestamp, found.last_timestamp) == (START + 4, START + 6)
    assert (found.best_timestamp, found.best_confidence) == (START + 5, 0.875)
    assert found.best_xyxy == (10.0, 20.0, 50.0, 45.5)
    assert store.thumbnail(late) == b"better"
    assert list(store.sightings()) == [found]


def test_an_assignment_can_be_corrected_and_leaves_no_empty_identity(store: Store) -> None:
    store.upsert_sighting(tracklet("north", 1), view(), first_frame=0, last_frame=1)
    assign(store, "north", 1, identity_id=1)
    assign(store, "north", 1, identity_id=8, distance=0.25)
    assert [i.identity_id for i in store.identities()] == [8]
    assert store.totals().identities == 1


def test_what_was_never_seen_cannot_be_assigned(store: Store) -> None:
    with pytest.raises(ValueError, match="camera north, track 3: no such sighting"):
        assign(store, "north", 3, identity_id=1)


def test_unknown_sightings_are_named(store: Store) -> None:
    with pytest.raises(QueryError, match="no sighting 42"):
        store.sighting(42)
    with pytest.raises(QueryError, match="no sighting 42"):
        store.thumbnail(42)


def test_identities_have_their_sightings_in_time_order(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        found = list(store.identities())
        assert [(i.identity_id, [s.sighting_id for s in i.sightings]) for i in found] == [
            (1, [1, 3]),
            (2, [2]),
            (3, [4]),
        ]
        assert found[0].cameras == ("north", "south")
        assert store.totals() == Totals(frames=900, vehicles=4, identities=3, shared_identities=1)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(SightingFilter(), [1, 2, 3, 4], id="everything"),
        pytest.param(SightingFilter(cameras=frozenset({"south"})), [3, 4], id="one camera"),
        pytest.param(SightingFilter(cameras=frozenset({"south", "north"})), [1, 2, 3, 4], id="two"),
        pytest.param(SightingFilter(cameras=frozenset()), [], id="no camera"),
        pytest.param(SightingFilter(after=START + 7), [2, 3, 4], id="after: still in view"),
        pytest.param(SightingFilter(after=START + 7.1), [3, 4], id="after: just gone"),
        pytest.param(SightingFilter(before=START + 5), [1, 2], id="before: just come"),
        pytest.param(SightingFilter(after=START + 6, before=START + 11), [2, 3], id="between"),
        pytest.param(SightingFilter(class_ids=frozenset({3})), [2], id="class"),
        pytest.param(SightingFilter(class_ids=frozenset({0, 3})), [1, 2, 3, 4], id="classes"),
        pytest.param(SightingFilter(identity_id=1), [1, 3], id="identity"),
        pytest.param(SightingFilter(sighting_id=2), [2], id="sighting"),
        pytest.param(
            SightingFilter(exclude_identities=frozenset({1})), [2, 4], id="without an identity"
        ),
        pytest.param(
            SightingFilter(exclude_sightings=frozenset({1})), [2, 3, 4], id="without a sighting"
        ),
        pytest.param(
            SightingFilter(cameras=frozenset({"north"}), class_ids=frozenset({0}), before=START),
            [1],
            id="all at once",
        ),
    ],
)
def test_filters(tmp_path: Path, where: SightingFilter, expected: list[int]) -> None:
    with city_store(tmp_path) as store:
        assert [s.sighting_id for s in store.sightings(where)] == expected
        assert [key for owners, _ in store.vectors(where) for key in owners] == expected


def test_without_an_identity_includes_those_that_have_none(store: Store) -> None:
    store.upsert_sighting(tracklet("north", 1), view(), first_frame=0, last_frame=1)
    found = list(store.sightings(SightingFilter(exclude_identities=frozenset({4}))))
    assert [s.identity_id for s in found] == [None]


# ------------------------------------------------------------------ vectors


@settings(max_examples=30)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.just(512)),
        elements=st.floats(-1, 1, width=32),
        fill=st.floats(-1, 1, width=32),
    )
)
def test_vectors_come_back_bit_by_bit(vectors: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.create(Path(folder)) as store:
        store.put_camera(camera("north"))
        seen = tracklet("north", 1, embedding=vectors[0], exemplars=vectors[1:])
        key = store.upsert_sighting(seen, view(), first_frame=0, last_frame=1)
        ((owners, found),) = store.vectors()
        assert owners == [key] * len(vectors)
        assert found.dtype == np.float32
        assert found.tobytes() == vectors.tobytes()


def test_vectors_are_replaced_with_their_sighting(store: Store) -> None:
    many = np.stack([axis(0, 1), axis(0, 0, 1)])
    seen = tracklet("north", 1, exemplars=many)
    store.upsert_sighting(seen, view(), first_frame=0, last_frame=1)
    fewer = tracklet("north", 1, embedding=axis(0, 1))
    store.upsert_sighting(fewer, view(), first_frame=0, last_frame=2)
    ((owners, found),) = store.vectors()
    assert len(owners) == 1
    assert (found[0] == axis(0, 1)).all()


def test_vectors_come_in_blocks(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        assert [owners for owners, _ in store.vectors(at_once=3)] == [[1, 2, 3], [4]]
