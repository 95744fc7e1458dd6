"""Results brought up to date: the same files as if all had been written anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.results.outputs import OUTPUT_KEY, update_results, write_results
from app.storage.records import Revision
from app.storage.store import Store
from tests.app.stores import START, box, camera, tracklet, view

SHOWN = ("tracks", "tracks_online", "thumbnails")

Passes = list[tuple[int, list[int]]]
"""By track, from 1: its identity and the frames with a box."""


def run_of(folder: Path, passes: Passes) -> Store:
    store = Store.create(folder)
    store.put_camera(camera("north"))
    store.put_camera(camera("south"))
    for track_id, (identity_id, frames) in enumerate(passes, start=1):
        at = START + frames[0] / 10
        store.append_boxes([box(frame, track_id, x=3.0 * frame) for frame in frames])
        store.upsert_sighting(
            tracklet("north", track_id, at=at),
            view(at=at, width=20 + track_id),
            first_frame=frames[0],
            last_frame=frames[-1],
        )
        change = Revision(
            sighting_id=track_id, before=None, after=identity_id, timestamp=at, cause="first"
        )
        store.revise(change)
    store.set_meta(OUTPUT_KEY, {"max_gap_s": 0.5})
    store.commit()
    return store


def changed(store: Store, sighting_id: int, identity_id: int) -> None:
    before = store.sighting(sighting_id).identity_id
    store.revise(
        Revision(
            sighting_id=sighting_id,
            before=before,
            after=identity_id,
            timestamp=None,
            cause="corrected",
        )
    )
    store.commit()


def content(folder: Path) -> dict[str, bytes]:
    files = [path for kind in SHOWN for path in sorted((folder / kind).glob("*"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def anew(store: Store, folder: Path) -> dict[str, bytes]:
    write_results(store, folder)
    return content(folder)


THREE: Passes = [(1, [0, 1, 2, 9]), (2, list(range(4, 30))), (3, [40, 44, 45])]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([], id="none"),
        pytest.param([(2, 7)], id="one"),
        pytest.param([(1, 2)], id="two of one frame"),
        pytest.param([(1, 3), (3, 1)], id="exchanged"),
        pytest.param([(1, 9), (1, 1)], id="there and back"),
        pytest.param([(1, 5), (1, 6), (2, 5), (3, 5)], id="several"),
    ],
)
def test_an_update_writes_what_all_would_be(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    with run_of(tmp_path / "run", THREE) as store:
        write_results(store, tmp_path / "run")
        for sighting_id, identity_id in changes:
            changed(store, sighting_id, identity_id)
        update_results(store, tmp_path / "run")
        found = content(tmp_path / "run")
        assert found == anew(store, tmp_path / "anew")
    assert len([name for name in found if name.startswith("thumbnails")]) == 3


frames = st.sets(st.integers(0, 60), min_size=1, max_size=12).map(sorted)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    passes=st.lists(st.tuples(st.integers(1, 4), frames), min_size=1, max_size=5),
    changes=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 6)), max_size=4),
)
def test_whatever_changes(
    tmp_path_factory: pytest.TempPathFactory, passes: Passes, changes: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    with run_of(folder / "run", passes) as store:
        write_results(store, folder / "run")
        for sighting_id, identity_id in changes:
            if sighting_id <= len(passes):
                changed(store, sighting_id, identity_id)
        update_results(store, folder / "run")
        assert content(folder / "run") == anew(store, folder / "anew")


def test_what_no_identity_changed_in_is_not_touched(tmp_path: Path) -> None:
    with run_of(tmp_path, THREE) as store:
        write_results(store, tmp_path)
        untouched = [tmp_path / "thumbnails" / "3_north_3.jpg", tmp_path / "tracks" / "south.txt"]
        untouched.append(tmp_path / "tracks_online" / "north.txt")
        for path in untouched:
            path.write_text("1,1\n")
        changed(store, 1, 2)
        update_results(store, tmp_path)
    assert [path.read_text() for path in untouched] == ["1,1\n"] * 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("tracks/north.txt", None, id="missing"),
        pytest.param("tracks_online/south.txt", None, id="missing online"),
        pytest.param("tracks/north.txt", "by hand\n", id="no MOT text"),
    ],
)
def test_files_that_are_not_as_written_are_written_anew(
    tmp_path: Path, name: str, text: str | None
) -> None:
    with run_of(tmp_path / "run", THREE) as store:
        write_results(store, tmp_path / "run")
        if text is None:
            (tmp_path / "run" / name).unlink()
        else:
            (tmp_path / "run" / name).write_text(text)
        changed(store, 1, 2)
        update_results(store, tmp_path / "run")
        assert content(tmp_path / "run") == anew(store, tmp_path / "anew")


def test_an_update_that_was_cut_short_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by Ctrl-C after the tracks: the next correction brings the pictures of the first, too."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with run_of(tmp_path / "run", THREE) as store:
        write_results(store, tmp_path / "run")
        changed(store, 1, 2)
        with monkeypatch.context() as patch:
            patch.setattr("app.results.outputs.update_thumbnails", stopped)
            with pytest.raises(KeyboardInterrupt):
                update_results(store, tmp_path / "run")
        changed(store, 3, 4)
        update_results(store, tmp_path / "run")
        assert content(tmp_path / "run") == anew(store, tmp_path / "anew")
