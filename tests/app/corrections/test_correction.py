"""What people said: kept, checked, taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.corrections.correction import Correction, Corrections, contradictions
from app.corrections.corrections_file import corrections_for, read_corrections, write_corrections
from app.corrections.marks import Mark, Place
from app.errors import ConfigError

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def mark(name: str) -> Mark:
    """A vehicle; each letter is another one."""
    at = float(ord(name))
    return Mark("gate", "gate.mp4", (Place(at, 1.0, 2.0, 30.0, 40.0), Place(at + 1, 2, 2, 31, 40)))


def said(known: Corrections, kind: str, same: str, different: str = "") -> Corrections:
    return known.with_new(
        kind, same=map(mark, same), different_from=map(mark, different), by="ann", at=NOW
    )


@pytest.fixture
def some() -> Corrections:
    return said(said(said(Corrections(), "merge", "ab"), "split", "c", "ab"), "confirm", "da")


def test_sightings_are_named_once(some):
    assert [one.id for one in some.corrections] == [1, 2, 3]
    assert [one.same for one in some.corrections] == [
        ("gate-1", "gate-2"),
        ("gate-3",),
        ("gate-4", "gate-1"),
    ]
    assert some.corrections[1].different_from == ("gate-1", "gate-2")
    assert some.sightings == {f"gate-{n}": mark(x) for n, x in enumerate("abcd", start=1)}


def test_taken_back_ones_stay_on_record_and_keep_their_number(some):
    less = some.undone(2, at=NOW)
    assert [one.id for one in less.active] == [1, 3]
    assert less.corrections[1].undone_at == NOW
    assert said(less, "merge", "ac").corrections[-1].id == 4


@pytest.mark.parametrize("number", [0, 4, 2], ids=["none such", "not yet", "undone already"])
def test_only_what_holds_can_be_taken_back(some, number):
    less = some.undone(2, at=NOW)
    with pytest.raises(ConfigError, match=f"correction {number}: no such .* known: 1, 3"):
        less.undone(number, at=NOW)


@pytest.mark.parametrize(
    ("kind", "same", "different", "earlier"),
    [
        pytest.param("merge", "ac", "", "2", id="one after two"),
        pytest.param("reject", "d", "a", "3", id="two after one"),
        pytest.param("reject", "d", "b", "1, 3", id="by way of a third"),
        pytest.param("confirm", "cd", "", "2", id="drawing two groups together"),
        pytest.param("split", "e", "e", "4", id="of itself"),
    ],
)
def test_contradictions_are_refused(some, kind, same, different, earlier):
    with pytest.raises(ConfigError, match="two vehicles by correction") as refused:
        said(some, kind, same, different)
    assert "\n" not in str(refused.value)
    assert earlier in str(refused.value)


def test_vehicles_seen_at_one_time_are_called_by_their_names_in_the_file(tmp_path):
    at_once = [Mark("gate", "gate.mp4", (Place(97.0, x, 2, x + 30, 40),)) for x in (1.0, 50.0)]
    known = said(Corrections(), "merge", "a").with_new("split", same=at_once, by="ann", at=NOW)
    write_corrections(tmp_path / "corrections.yaml", known)
    text = (tmp_path / "corrections.yaml").read_text()
    text = text.replace(
        "same: [gate-2, gate-3]", "same: [gate-2, gate-3]\n  different_from: [gate-3]"
    )
    (tmp_path / "corrections.yaml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_corrections(tmp_path / "corrections.yaml")
    both = "gate-2 (gate at 0:01:37.0) and gate-3 (gate at 0:01:37.0) are two vehicles by"
    assert both in str(refused.value)


def test_sightings_are_called_as_they_are_in_the_run(some):
    called = {mark("a"): "gate:31", mark("c"): "gate:32"}
    line = "gate:32 and gate:31 are two vehicles by correction 2, but one by correction 1, 3, 4;"
    with pytest.raises(ConfigError, match=line):
        some.with_new("merge", same=map(mark, "ac"), by="ann", at=NOW, called=called)
    line = r"gate:32 and gate-1 \(gate at 0:01:37.0\) are two vehicles by correction 2"
    with pytest.raises(ConfigError, match=line):
        some.with_new(
            "merge", same=map(mark, "ac"), by="ann", at=NOW, called={mark("c"): "gate:32"}
        )


def test_what_remains_must_not_contradict_itself():
    known = said(Corrections(), "merge", "abc")
    for kind, same, different in (
        ("split", "a", "bc"),
        ("confirm", "da", ""),
        ("reject", "d", "b"),
    ):
        known = said(known, kind, same, different)
    # Without the split the merge says again that a is b, and so d, which is not b.
    with pytest.raises(ConfigError, match="two vehicles by correction 4, but one by") as refused:
        known.undone(2, at=NOW)
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith("undo: without correction 2, ")
    assert "correction 1, 3; undo one of these first" in line
    less = known.undone(4, at=NOW).undone(2, at=NOW)
    assert [one.id for one in less.active] == [1, 3]


def test_what_was_taken_back_contradicts_nothing(some):
    assert said(some.undone(2, at=NOW), "merge", "ac").active


def test_what_is_told_apart_later_is_no_part_of_a_merge_any_more(some):
    known = said(said(Corrections(), "merge", "abc"), "split", "b", "ac")
    assert [one.same for one in known.effective] == [("gate-1", "gate-3"), ("gate-2",)]
    assert [one.same for one in known.undone(2, at=NOW).effective] == [
        ("gate-1", "gate-2", "gate-3")
    ]
    with pytest.raises(ConfigError, match="two vehicles by correction 2"):
        said(known, "merge", "ab")


def test_nothing_and_one_contradict_nothing():
    assert contradictions(Corrections()) == []
    assert contradictions(said(Corrections(), "merge", "ab")) == []


# ------------------------------------------------------------------ the file


@pytest.mark.parametrize("count", [0, 1, 3], ids=["none", "one", "many"])
def test_a_file_says_what_was_written(tmp_path, some, count):
    known = Corrections(corrections=some.corrections[:count], sightings=some.sightings)
    path = tmp_path / "corrections.yaml"
    write_corrections(path, known)
    assert read_corrections(path) == known


def test_notes_and_dates_are_kept(tmp_path, some):
    path = tmp_path / "corrections.yaml"
    known = some.with_new("merge", same=map(mark, "xy"), by="Zoë", at=NOW, note="café: “7”")
    write_corrections(path, known.undone(4, at=NOW))
    text = path.read_text(encoding="utf-8")
    assert "Zoë" in text
    assert read_corrections(path).corrections[-1] == Correction(
        id=4,
        kind="merge",
        by="Zoë",
        at=NOW,
        same=("gate-5", "gate-6"),
        note="café: “7”",
        undone_at=NOW,
    )


@pytest.mark.parametrize("written", ["2026-05-04 12:00:00", "2026-05-04T14:00:00+02:00"])
def test_dates_without_a_zone_are_utc(tmp_path, some, written):
    path = tmp_path / "corrections.yaml"
    write_corrections(path, some)
    text = path.read_text()
    path.write_text(text.replace("at: 2026-05-04 12:00:00+00:00", f"at: {written}"))
    assert path.read_text() != text
    (first, *_) = read_corrections(path).corrections
    assert (first.at, first.at.tzinfo) == (NOW, UTC)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("version: 1", "version: 2", "version: .*1", id="another version"),
        pytest.param("kind: merge", "kind: join", "corrections.0.kind", id="unknown kind"),
        pytest.param("id: 2", "id: 1", "number is already used", id="number twice"),
        pytest.param("gate-3]", "gate-9]", "'gate-9': no such sighting", id="unknown sighting"),
        pytest.param("by: ann", "who: ann", "corrections.0.*who", id="unknown key"),
        pytest.param("second: 98.0", "second: x", r"places\.1\.second", id="no number"),
        pytest.param("second: 98.0", "second: .nan", r"places\.1\.second", id="no time"),
        pytest.param("second: 98.0", "second: 1e300", r"places\.1\.second", id="no such time"),
        pytest.param("x1: 1.0", "x1: .inf", r"places\.0\.x1", id="no place"),
        pytest.param("same: [gate-3]", "same: []", "corrections.1.same", id="about nothing"),
        pytest.param(
            "same: [gate-3]",
            "same: [gate-3, gate-1]",
            "two vehicles by correction 2",
            id="conflict",
        ),
        pytest.param("corrections:", "corrections: [", "not valid YAML", id="broken"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path, some, old, new, message):
    path = tmp_path / "corrections.yaml"
    write_corrections(path, some)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message) as refused:
        read_corrections(path)
    assert all(line.startswith(str(path)) for line in str(refused.value).splitlines())


# ------------------------------------------------------------------ which file a run takes


def test_a_run_without_corrections_has_none(tmp_path):
    assert corrections_for(tmp_path / "corrections.yaml", None) == Corrections()


@pytest.mark.parametrize("where", ["own", "given", "given is own"])
def test_a_run_takes_its_own_file_or_the_one_given(tmp_path, some, where):
    own, other = tmp_path / "corrections.yaml", tmp_path / "other.yaml"
    write_corrections(other if where == "given" else own, some)
    given: Path | None = {"own": None, "given": other, "given is own": own}[where]
    assert corrections_for(own, given) == some


def test_neither_of_two_files_is_lost(tmp_path, some):
    own, other = tmp_path / "corrections.yaml", tmp_path / "other.yaml"
    write_corrections(own, some)
    write_corrections(other, some)
    with pytest.raises(ConfigError, match="holds corrections already"):
        corrections_for(own, other)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"other\.yaml: no such file"):
        corrections_for(tmp_path / "corrections.yaml", tmp_path / "other.yaml")
