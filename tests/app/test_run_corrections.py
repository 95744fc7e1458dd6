"""Corrections that survive another run of the same recordings."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from app import identities
from app.graph.camera_graph import camera_graph
from app.storage.store import Store
from tests.app.workplace import Workplace, errors


def say(place: Workplace, *arguments: object) -> str:
    command = [*map(str, arguments), "--run", str(place.out), "--by", "ann"]
    result = CliRunner().invoke(identities.app, command)
    assert result.exit_code == 0, result.output
    return result.output


def undo(place: Workplace, number: int) -> str:
    result = CliRunner().invoke(identities.app, ["undo", str(number), "--run", str(place.out)])
    assert result.exit_code == 0, result.output
    return result.output


def vehicles(place: Workplace) -> dict[int, tuple[str, ...]]:
    with Store.open(place.out) as store:
        return {one.identity_id: one.cameras for one in store.identities()}


def tracks(place: Workplace) -> dict[str, str]:
    files = (place.out / "tracks").iterdir()
    return {path.stem: path.read_text() for path in files}


@pytest.fixture
def finished(place: Workplace) -> Workplace:
    assert place.run("--no-video").exit_code == 0
    assert vehicles(place) == {1: ("a", "b"), 2: ("b",)}
    return place


def red_in_b(place: Workplace) -> str:
    with Store.open(place.out) as store:
        return next(s.name for s in store.sightings() if s.camera_id == "b" and s.identity_id == 1)


def test_a_split_survives_an_overwrite(finished):
    say(finished, "split", red_in_b(finished))
    corrected = tracks(finished)
    assert sorted(vehicles(finished).values()) == [("a",), ("b",), ("b",)]
    assert finished.run("--no-video", "--overwrite").exit_code == 0
    assert sorted(vehicles(finished).values()) == [("a",), ("b",), ("b",)]
    assert tracks(finished).keys() == corrected.keys()
    with Store.open(finished.out) as store:
        assert [one.made_by for one in store.corrections()] == ["ann"]


def test_a_merge_is_taken_to_another_folder(finished):
    say(finished, "merge", 1, 2)
    assert set(vehicles(finished)) == {1}
    again = Workplace(finished.folder / "again", finished.footage)
    again.folder.mkdir()
    file = finished.out / "corrections.yaml"
    assert again.run("--no-video", "--corrections", file).exit_code == 0
    assert set(vehicles(again)) == {1}
    assert (again.out / "corrections.yaml").read_bytes() == file.read_bytes()
    result = again.run("--no-video", "--overwrite", "--corrections", file)
    assert errors(result) == [
        f"error: {file}: {again.out / 'corrections.yaml'} holds corrections already; move that "
        "file away, or leave out --corrections to use it"
    ]
    assert result.exit_code == 2


def test_undone_corrections_do_not_come_back(finished):
    before = tracks(finished)
    say(finished, "merge", 1, 2)
    undo(finished, 1)
    assert tracks(finished) == before
    finished.run("--no-video", "--overwrite")
    assert tracks(finished) == before


@pytest.mark.parametrize(
    ("association", "heeded"),
    [
        pytest.param({}, True, id="a last look over everything"),
        pytest.param({"final_tracklets": 1, "revision_s": 0.5}, False, id="too many for one"),
        pytest.param({"joint": False}, False, id="no last look"),
    ],
)
def test_undo_says_whether_the_association_was_told(finished, association, heeded):
    say(finished, "merge", 1, 2)
    cams = finished.cams("a", "b", association=association)
    assert finished.run("--no-video", "--overwrite", cams=cams).exit_code == 0
    assert set(vehicles(finished)) == {1}
    assert ("process the recordings again" in undo(finished, 1)) == heeded
    assert set(vehicles(finished)) == ({1} if heeded else {1, 2})


def test_undo_of_what_was_not_seen_needs_no_other_run(finished):
    say(finished, "merge", 1, 2)
    finished.run("--no-video", "--overwrite", "--max-frames", 5)
    assert "process the recordings again" not in undo(finished, 1)


def test_what_was_not_seen_this_time_is_a_warning(finished):
    say(finished, "merge", 1, 2)
    result = finished.run("--no-video", "--overwrite", "--max-frames", 5)
    assert result.exit_code == 0
    (warning,) = finished.summary()["warnings"]
    assert "correction 1 (merge): no vehicle was seen in" in warning
    assert warning in (finished.out / "report.html").read_text()
    assert finished.run("--no-video", "--overwrite").exit_code == 0
    assert set(vehicles(finished)) == {1}


def test_a_broken_file_stops_the_run_before_anything_is_lost(finished):
    (finished.out / "corrections.yaml").write_text("version: 1\ncorrections: 7\n")
    result = finished.run("--no-video", "--overwrite")
    assert result.exit_code == 2
    assert "corrections.yaml: corrections" in errors(result)[0]
    assert vehicles(finished) == {1: ("a", "b"), 2: ("b",)}


def test_what_was_known_at_the_time_is_written(finished):
    final, online = (
        (finished.out / folder / "a.txt").read_text() for folder in ("tracks", "tracks_online")
    )
    assert online
    assert online.count("\n") <= final.count("\n")


def test_the_camera_graph_is_kept(finished):
    with Store.open(finished.out) as store:
        assert camera_graph(store).links == ()  # one vehicle is no link
