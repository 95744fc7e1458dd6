"""The identities command on a small run: see `stores.city_store` for who is in it."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from app.corrections.corrections_file import read_corrections
from app.identities import app
from app.results.outputs import HEEDED_KEY
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from reid.data.layouts import read_folder
from tests.app.stores import START, camera, city_store
from tracking.decisions import Assignment, Candidate

KEYS = ("north:1", "north:2", "south:1", "south:2")
DECIDED = (1, 2, 1, 3)


class Run:
    """A finished run and what commands say about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: object, code: int = 0) -> str:
        command = [str(argument) for argument in arguments]
        result = CliRunner().invoke(app, [*command, "--run", str(self.folder)])
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result.output

    def identities(self) -> tuple[int | None, ...]:
        with Store.open(self.folder) as store:
            found = {s.name: s.identity_id for s in store.sightings()}
        return tuple(found[key] for key in KEYS)

    def corrections(self):
        return read_corrections(self.folder / "corrections.yaml")


@pytest.fixture
def run(tmp_path) -> Run:
    with city_store(tmp_path / "monday") as store:
        # As the association says it: with a history.
        for name, number in zip(KEYS, DECIDED, strict=True):
            camera_id, _, track = name.partition(":")
            store.put_assignment(
                (camera_id, int(track)),
                Assignment(number + 90, None),
                timestamp=START,
                cause="evidence",
            )
        for name, number in zip(KEYS, DECIDED, strict=True):
            camera_id, _, track = name.partition(":")
            candidates = (Candidate(2, 0.3),) if name == "south:2" else ()
            decision = Assignment(number, None, 0.7, candidates=candidates)
            store.put_assignment(
                (camera_id, int(track)), decision, timestamp=START + 1, cause="final"
            )
        mark_tracked(store)
    return Run(tmp_path / "monday")


# ------------------------------------------------------------------ what is corrected


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        pytest.param(["merge 2 3"], (1, 2, 1, 2), id="merge two"),
        pytest.param(["merge 3 1 2"], (1, 1, 1, 1), id="merge three"),
        pytest.param(["split south:1"], (1, 2, 94, 3), id="split"),
        pytest.param(["confirm south:2 1"], (1, 2, 1, 1), id="confirm"),
        pytest.param(["confirm south:1 1"], DECIDED, id="confirm what is so"),
        pytest.param(["reject south:1 1"], (1, 2, 94, 3), id="reject"),
        pytest.param(["reject south:2 2"], DECIDED, id="reject a candidate"),
        pytest.param(["split south:1", "merge 94 3"], (1, 2, 3, 3), id="split and merge"),
        pytest.param(["merge 2 3", "split south:2"], DECIDED, id="merge and split"),
        pytest.param(["merge 2 3", "undo 1"], DECIDED, id="undo"),
        pytest.param(["split south:1", "merge 2 3", "undo 1"], (1, 2, 1, 2), id="undo the first"),
        pytest.param(["split south:1", "undo 1", "split south:1"], (1, 2, 95, 3), id="do it again"),
    ],
)
def test_corrections_take_effect_at_once(run, commands, expected):
    for command in commands:
        run(*command.split())
    assert run.identities() == expected


def test_what_is_left_of_an_undo_must_not_contradict_itself(run):
    for command in ("merge 1 2", "split north:2", "confirm south:2 2", "reject south:2 1"):
        run(*command.split())
    before = (run.folder / "corrections.yaml").read_bytes()
    (line,) = run("undo", 2, code=2).splitlines()
    assert line == (
        "error: undo: without correction 2, south:2 and north:1 are two vehicles by correction 4, "
        "but one by correction 1, 3; undo one of these first"
    )
    assert run.identities() == (1, 2, 1, 2)
    # Another run, and all commands, can read it as they could.
    assert (run.folder / "corrections.yaml").read_bytes() == before
    run("undo", 4)
    run("undo", 2)
    assert run.identities() == (1, 1, 1, 1)


def test_numbers_too_large_for_any_store_are_no_traceback(run):
    assert "number" in run("show", 10**20, code=4)
    assert "number" in run("split", f"north:{10**20}", code=4)


def test_an_account_without_a_name_has_to_say_who_it_is(run, monkeypatch):
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert "--by" in run("merge", 2, 3, code=2)
    assert run.identities() == DECIDED


def test_results_are_written_anew(run):
    output = run("merge", 2, 3, "--by", "ann", "--note", "same dent")
    assert "correction 1: merge" in output
    assert "south:2: 3 → 2" in output
    assert "python -m app.render --run" in output
    names = {path.name for path in (run.folder / "thumbnails").iterdir()}
    assert names == {"1_north_1.jpg", "1_south_1.jpg", "2_north_2.jpg", "2_south_2.jpg"}
    assert "merged by ann" in (run.folder / "report.html").read_text()
    assert (run.folder / "tracks" / "north.txt").exists()
    (correction,) = run.corrections().corrections
    assert (correction.by, correction.note) == ("ann", "same dent")


def test_history_tells_who_changed_what(run):
    run("merge", 2, 3, "--by", "ann")
    assert "corrected (1, ann)" in run("show", 2)
    run("undo", 1)
    with Store.open(run.folder) as store:
        changes = [r for r in store.revisions() if r.correction_id is not None]
        assert [(r.before, r.after, r.cause) for r in changes] == [
            (3, 2, "corrected"),
            (2, 3, "undone"),
        ]
        (record,) = store.corrections()
        assert record.kind == "merge"
        assert record.undone_at >= record.made_at
    assert "merge (undone)" in run("corrections")


def test_a_rejected_candidate_is_not_shown_until_that_is_undone(run):
    assert "possibly the same as identity 2 (30 %)" in run("list", "--unsure")
    run("reject", "south:2", 2)
    assert "No identity matches" in run("list", "--unsure")
    run("undo", 1)
    assert "possibly" in run("list", "--unsure")


def test_what_is_hardly_likely_makes_no_identity_unsure(run):
    unlikely = Assignment(3, None, 0.9, candidates=(Candidate(2, 0.07),))
    with Store.open(run.folder, readonly=False) as store:
        store.put_assignment(("south", 2), unlikely, timestamp=START + 2, cause="final")
    assert "No identity matches" in run("list", "--unsure")
    assert "possibly the same as identity 2 (7 %)" in run("show", 3)


def test_undoing_what_the_association_was_told_of_needs_another_run(run):
    run("merge", 2, 3)
    with Store.open(run.folder, readonly=False) as store:
        store.set_meta(HEEDED_KEY, [1])
    assert "process the recordings again" in run("undo", 1)


# ------------------------------------------------------------------ corrections in another run


def test_corrections_hold_under_other_numbers(run, tmp_path):
    run("merge", 2, 3)
    run("split", "south:1")
    again = Run(tmp_path / "tuesday")
    shutil.copytree(run.folder, again.folder)
    for file in again.folder.glob("sightings.db*"):
        file.unlink()
    with city_store(again.folder) as store:
        store._connection.execute("UPDATE sightings SET track_id = track_id + 10")
        mark_tracked(store)
    output = again("apply")
    assert "2 corrections applied" in output
    assert "south:12: 3 → 2" in output
    with Store.open(again.folder) as store:
        found = {s.name: s.identity_id for s in store.sightings()}
    assert found == {"north:11": 1, "north:12": 2, "south:11": 4, "south:12": 2}


def test_what_is_not_found_again_is_named(run, tmp_path):
    run("merge", 2, 3)
    again = Run(tmp_path / "tuesday")
    with city_store(again.folder) as store:
        store.put_camera(camera("west"))
        store._connection.execute("DELETE FROM sightings WHERE identity_id = 3")
        mark_tracked(store)
    output = again("apply", "--corrections", run.folder / "corrections.yaml")
    assert "correction 1 (merge): no vehicle was seen in south at 0:00:21.0" in output
    # It may be found in the next run.
    assert again.corrections() == run.corrections()


# ------------------------------------------------------------------ looking


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("camera_id: south", "camera_id: harbour", "the run has no camera harbour"),
        (
            "recording: south.mp4",
            "recording: tuesday.mp4",
            "for camera south it read south.mp4, not tuesday.mp4",
        ),
    ],
    ids=["camera", "recording"],
)
def test_why_nothing_can_be_found_again_is_said(run, written, instead, message):
    run("merge", 1, 3)
    content = (run.folder / "corrections.yaml").read_text()
    assert written in content
    (run.folder / "corrections.yaml").write_text(content.replace(written, instead))
    output = " ".join(run("apply").split())
    assert f"correction 1 (merge): {message}" in output
    assert "no vehicle was seen" not in output


def test_the_command_that_is_named_can_be_pasted(run):
    folder = run.folder.rename(run.folder.with_name("monday's runs"))
    output = Run(folder)("merge", 2, 3)
    (command,) = [line for line in output.splitlines() if "app.render" in line]
    assert shlex.split(command.split("with: ")[1])[-1] == str(folder)


def test_identities_are_listed_those_in_most_cameras_first(run):
    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines if line.strip()[:1].isdigit()] == ["1", "2", "3"]
    assert "north → south" in run("list", "--camera", "south")
    assert "possibly" not in run("list", "--camera", "north")


def test_an_identity_is_shown_with_its_history(run):
    output = run("show", 1)
    assert "north:1" in output
    assert "91" in output  # the number that it had first
    assert "final" in output


def test_no_corrections_yet(run):
    assert "No corrections" in run("corrections")


# ------------------------------------------------------------------ lessons for the network


def test_crops_are_what_the_training_reads(run, tmp_path):
    run("merge", 2, 3)
    run("split", "south:1")
    output = run("export", "--out", tmp_path / "lessons")
    assert "4 images of 3 vehicles" in output
    crops = read_folder(tmp_path / "lessons")
    assert {(crop.identity, crop.camera) for crop in crops} == {
        ("1", "north"),
        ("2", "north"),
        ("2", "south"),
        ("94", "south"),
    }
    assert all(cv2.imread(str(crop.path)) is not None for crop in crops)


def test_no_lesson_without_corrections(run, tmp_path):
    assert "no identity has been corrected" in run("export", "--out", tmp_path / "x", code=6)


def test_lessons_do_not_mix(run, tmp_path):
    run("merge", 2, 3)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "old.jpg").touch()
    assert "new or empty" in run("export", "--out", tmp_path / "x", code=5)


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("before", "command", "code", "message"),
    [
        pytest.param("", "merge 1 9", 6, "there is no identity 9", id="no such identity"),
        pytest.param("merge 2 3", "show 3", 6, "identity 3; it became 2", id="merged identity"),
        pytest.param("", "merge 1", 2, "two or more different", id="merge one"),
        pytest.param("", "merge 1 1", 2, "two or more different", id="merge with itself"),
        pytest.param("", "split south:9", 6, "no sighting with track 9", id="no such track"),
        pytest.param("", "split west:1", 6, "no such camera; known: north, south", id="camera"),
        pytest.param("", "split south", 2, "camera:track", id="no sighting"),
        pytest.param("", "split 3", 2, "camera:track", id="an identity"),
        pytest.param("", "split north:1 north:2", 2, "not of one identity", id="split two"),
        pytest.param("", "split north:2", 2, "has no other sightings", id="split the only one"),
        pytest.param("", "split north:1 south:1", 2, "no other sightings", id="split all"),
        pytest.param("", "confirm north:2 2", 2, "the only sighting", id="confirm the only one"),
        pytest.param("", "reject north:2 2", 2, "the only sighting", id="reject the only one"),
        pytest.param("", "confirm north:1 9", 6, "no identity 9", id="confirm nobody"),
        pytest.param("split south:1", "merge 94 1", 2, "two vehicles by correction 1", id="A≠B"),
        pytest.param("confirm south:1 1", "reject south:1 1", 2, "one vehicle by", id="A=B"),
        pytest.param("reject south:2 2", "merge 3 2", 2, "two vehicles by", id="rejected"),
        pytest.param("", "undo 1", 2, "known: none", id="nothing to undo"),
        pytest.param("", "merge 1 2 --note caf\udce9", 2, "--note: 'caf\\udce9' is not", id="note"),
        pytest.param("", "list --camera west", 2, "expected one of north, south", id="list"),
    ],
)
def test_mistakes_are_one_line(run, before, command, code, message):
    if before:
        run(*before.split())
    known = run.identities()
    output = run(*command.split(), code=code)
    assert message in output
    assert output.count("error:") == 1
    assert run.identities() == known


def test_an_unfinished_run_is_left_alone(run):
    with Store.open(run.folder, readonly=False) as store:
        store.set_meta("tracked", False)
    assert "has not finished" in run("merge", 1, 2, code=4)


def test_a_store_of_another_version_is_refused(run):
    with Store.open(run.folder, readonly=False) as store:
        store._connection.execute("PRAGMA user_version = 1")
    assert "schema version 1 found, 3 expected" in run("list", code=4)


def test_a_broken_corrections_file_is_named_and_kept(run):
    path = run.folder / "corrections.yaml"
    path.write_text("version: 7\n")
    assert "corrections.yaml: version" in run("merge", 1, 2, code=2)
    assert path.read_text() == "version: 7\n"
