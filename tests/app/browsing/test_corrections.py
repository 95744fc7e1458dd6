"""Identities are corrected in the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.corrections.corrections_file import read_corrections
from app.results.outputs import HEEDED_KEY
from app.storage.store import Store
from tests.app.browsing.conftest import Browse
from tests.app.browsing.correcting import DECIDED, choices, correct, form_of, identities, page


def test_what_can_be_said_of_a_sighting(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    assert choices(page(client, "/sighting?of=north:1")) == ["confirm 1", "reject 1", "confirm"]
    # Of an identity's only sighting it cannot be said that it is not that identity.
    maybe = page(client, "/sighting?of=south:2")
    assert choices(maybe) == ["confirm 2", "reject 2", "confirm"]
    assert 'href="/identities?of=3&of=2"' in maybe
    correct(client, of="south:2", kind="reject 2")
    assert choices(page(client, "/sighting?of=south:2")) == ["confirm"]


@pytest.mark.parametrize(
    ("form", "expected", "told"),
    [
        pytest.param(
            {"of": "south:1", "kind": "reject 1"}, [1, 2, 4, 3], "south:1: 1 → 4", id="reject"
        ),
        pytest.param(
            {"of": "south:2", "kind": "confirm 2"}, [1, 2, 1, 2], "south:2: 3 → 2", id="confirm"
        ),
        pytest.param(
            {"of": "south:2", "kind": "confirm", "number": " 1 "},
            [1, 2, 1, 1],
            "south:2: 3 → 1",
            id="a number",
        ),
        pytest.param(
            {"of": "south:1", "kind": "confirm 1"}, DECIDED, "no identity changed", id="so it is"
        ),
        pytest.param(
            {"of": "south:2", "kind": "reject 2"}, DECIDED, "no identity changed", id="candidate"
        ),
        pytest.param(
            {"of": ["2", "3"], "kind": "merge"}, [1, 2, 1, 2], "south:2: 3 → 2", id="merge"
        ),
        pytest.param({"of": "south:1", "kind": "split"}, [1, 2, 4, 3], "1 → 4", id="split"),
    ],
)
def test_a_correction_takes_effect_at_once(
    browse: Browse, monday: Path, form: dict[str, object], expected: list[int], told: str
) -> None:
    client = browse(monday, by="ann")
    said = correct(client, note="a dent", **form)
    assert f"Correction 1: {str(form['kind']).split()[0]}" in said
    assert told in said
    assert f"Tracks, thumbnails and report in {monday} are up to date" in said
    assert identities(monday) == expected
    (kept,) = read_corrections(monday / "corrections.yaml").corrections
    assert (kept.by, kept.note) == ("ann", "a dent")
    assert "by ann" in (monday / "report.html").read_text()
    # The server's own view of the run shows it, too.
    listed = re.findall(r"<h3><a[^>]*>Identity (\d+)<", page(client, "/"))
    assert sorted(map(int, listed)) == sorted(set(expected))


def test_nobody_merges_without_having_seen_both(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    listed = page(client, "/")
    (both,) = set(re.findall(r'href="(/identities\?of=3&of=2)"', listed))
    shown = page(client, both)
    assert "<h1>Are these one vehicle?</h1>" in shown
    assert re.findall(r"<span>\w+ · ([^<]*)</span>", shown) == ["south:2", "north:2"]
    assert identities(monday) == DECIDED
    form = form_of(shown, "merge")
    assert form == {"kind": ["merge"], "of": ["3", "2"]}
    correct(client, **form)
    assert identities(monday) == [1, 2, 1, 2]
    assert "Identity 3" not in page(client, "/")


def test_sightings_are_split_off_together(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    correct(client, kind="merge", of=["1", "2"])
    shown = page(client, "/identities?of=1")
    ticks = re.findall(r'<input type="checkbox" form="split" name="of" value="([^"]*)"', shown)
    assert ticks == ["north:1", "north:2", "south:1"]
    correct(client, **form_of(shown, "split") | {"of": ["north:2", "south:1"]})
    # The merge gives way, so that the association is right again about one of them.
    assert identities(monday) == [1, 2, 2, 3]
    # Of an identity seen once there is nothing to split.
    assert "another vehicle" not in page(client, "/identities?of=3")


def test_corrections_are_listed_and_undone(browse: Browse, monday: Path) -> None:
    client = browse(monday, by="ann")
    assert "No corrections have been made." in page(client, "/corrections")
    correct(client, kind="merge", of=["2", "3"], note="same <b>dent</b>")
    listed = client.get("/corrections").text
    assert "same &lt;b&gt;dent" in listed
    assert "north:2, south:2" in listed
    # Not with one click: it is asked before.
    assert 'action="/correct"' not in listed
    asked = page(client, "/undo?of=1")
    assert "north:2, south:2" in asked
    assert "same <b>dent" in asked
    assert identities(monday) == [1, 2, 1, 2]
    said = correct(client, **form_of(asked, "undo"))
    assert "Correction 1 undone" in said
    assert "south:2: 2 → 3" in said
    assert "1 merge (undone)" in said
    assert "/undo" not in said
    assert identities(monday) == DECIDED


def test_a_search_goes_on_under_the_new_number(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    asked = {"identity": "3", "camera": "north", "not": "2"}
    said = correct(client, kind="merge", of=["2", "3"], **asked)
    (back,) = re.findall(r'href="([^"]*)">Back to the search', said)
    # It was ruled out before, and is the vehicle now.
    assert back == "/?identity=2&camera=north"
    page(client, back)


def test_what_a_run_heeded_needs_another_run(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    correct(client, kind="merge", of=["2", "3"])
    with Store.open(monday, readonly=False) as store:
        store.set_meta(HEEDED_KEY, [1])
    assert "process the recordings again" in page(client, "/undo?of=1")
    assert "process the recordings again" in correct(client, kind="undo", of="1")


# ------------------------------------------------------------------ several runs


def test_an_identity_belongs_to_its_run(browse: Browse, monday: Path, tuesday: Path) -> None:
    client = browse(monday, tuesday)
    text = page(client, "/sighting?of=tuesday/south:2")
    assert choices(text) == ["confirm tuesday/2", "reject tuesday/2", "confirm"]
    said = correct(client, of="tuesday/south:2", kind="confirm tuesday/2")
    assert "Correction 1: confirm in tuesday" in said
    correct(client, of="tuesday/south:1", kind="confirm", number="2")
    assert (identities(monday), identities(tuesday)) == (DECIDED, [1, 2, 2, 2])
    listed = page(client, "/corrections")
    assert "<h2>monday</h2>" in listed
    assert re.findall(r'href="/undo\?of=([^"]*)"', listed) == ["tuesday%2F2", "tuesday%2F1"]
    correct(client, kind="undo", of="tuesday/2")
    assert identities(tuesday) == [1, 2, 1, 2]


def test_runs_are_not_merged(browse: Browse, monday: Path, tuesday: Path) -> None:
    client = browse(monday, tuesday)
    text = page(client, "/identities?of=monday/2&of=tuesday/3")
    assert "An identity belongs to its run, so they cannot be merged" in text
    assert 'action="/correct"' not in text
    # A number beside one is of the same run.
    assert form_of(page(client, "/identities?of=tuesday/2&of=3"), "merge")["of"] == [
        "tuesday/2",
        "tuesday/3",
    ]
    for form in (
        {"kind": "merge", "of": ["monday/2", "tuesday/3"]},
        {"kind": "confirm", "of": "monday/south:2", "number": "tuesday/1"},
    ):
        said = correct(client, status=400, **form)
        assert "are of different runs; an identity belongs to its run" in said
    assert (identities(monday), identities(tuesday)) == (DECIDED, DECIDED)
