"""Where the vehicles of a store go next, as a query says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.graph.camera_graph import CameraGraph, put_camera_graph
from app.query import app
from app.search.forecast import NextCamera, Outlook, Outlooks, as_line
from app.search.ranking import Match
from app.storage.coverage import put_outages
from app.storage.store import Store
from tests.app.stores import START, box, camera, city_store, tracklet, view
from tracking.decisions import ClockEstimate, End, ExitEstimate, Onward

SOUTH = START + 12.0
"""When identity 1, whose sightings are 1 and 3, is last seen."""


def leaving(end: End | None, share: float, first_s: int) -> ExitEstimate:
    """Leaving the south, this share comes to the north after 0 to 10 s more than so many."""
    onward = Onward("north", share, tuple(range(first_s, first_s + 11)))
    return ExitEstimate(camera_id="south", end=end, size_px=100.0, count=9.0, onward=(onward,))


GRAPH = CameraGraph(
    exits=(
        leaving(None, 0.6, 60),
        leaving((20.0, 60.0, -1.0, 0.0), 0.8, 70),
        leaving((320.0, 60.0, 1.0, 0.0), 0.1, 60),
    )
)


@pytest.fixture
def store(tmp_path: Path):
    with city_store(tmp_path / "run") as open_store:
        put_camera_graph(open_store, GRAPH)
        open_store.commit()
        yield open_store


def match(store: Store, identity: int | None, *sightings: int) -> Match:
    seen = tuple(store.sighting(number) for number in sightings)
    return Match(identity, 0.5, seen, (0.5,) * len(seen))


def outlook(store: Store, found: Match) -> Outlook | None:
    return Outlooks(store).of(found)


def drive(store: Store, *xs: float) -> None:
    """Give the last sighting of identity 1 boxes at these places."""
    store.append_boxes(box(3 + row, 1, camera_id="south", x=x) for row, x in enumerate(xs))


# ------------------------------------------------------------------ what is known


def test_by_the_camera_where_nothing_is_known_of_the_exit(store: Store) -> None:
    found = outlook(store, match(store, 1, 1, 3))
    assert found is not None
    assert (found.camera_id, found.left_at, found.in_view) == ("south", SOUTH, False)
    (north,) = found.cameras
    # The north was watched for 48 s, in which nobody could come.
    assert (north.camera_id, north.usual, north.probability) == ("north", 0.6, 0.6)
    assert (north.earliest, north.median, north.latest) == (SOUTH + 61, SOUTH + 65, SOUTH + 69)
    assert found.none == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("xs", "share"),
    [
        pytest.param([300, 200, 100, 5], 0.8, id="to the left"),
        pytest.param([5, 100, 200, 300], 0.1, id="to the right"),
    ],
)
def test_by_the_exit(store: Store, xs: list[float], share: float) -> None:
    drive(store, *xs)
    found = outlook(store, match(store, 1, 1, 3))
    assert found is not None
    assert found.cameras[0].usual == share


def test_what_was_watched_since_counts(store: Store) -> None:
    store.put_camera(camera("north", last_timestamp=SOUTH + 65))
    found = outlook(store, match(store, 1, 1, 3))
    assert found is not None
    assert found.cameras[0].probability == pytest.approx(0.3 / 0.7)
    assert found.cameras[0].earliest == pytest.approx(SOUTH + 65.5)


def test_what_was_not_watched_does_not_count(store: Store) -> None:
    store.put_camera(camera("north", last_timestamp=SOUTH + 75))
    due = outlook(store, match(store, 1, 1, 3))
    assert due is not None
    assert as_line(due).endswith("was due at north 08:31:13 to 08:31:21, not seen there")
    put_outages(store, "north", [(SOUTH + 55, SOUTH + 74)])
    lost = outlook(store, match(store, 1, 1, 3))
    assert lost is not None
    assert as_line(lost) == "next: north 60 %, 08:31:13 to 08:31:21; none 40 %"


def test_who_may_be_in_view_leaves_by_any_exit(store: Store) -> None:
    drive(store, 300, 200, 100, 5)
    for name in ("north", "south"):
        store.put_camera(camera(name, last_timestamp=SOUTH + 0.5))
    found = outlook(store, match(store, 1, 1, 3))
    assert found is not None
    assert found.in_view
    assert found.cameras[0].usual == 0.6
    assert as_line(found) == "next, once it has left: north 60 %, 61 to 69 s later; none 40 %"


def test_times_are_true_where_a_clock_is_known_to_be_wrong(store: Store) -> None:
    clocks = (ClockEstimate("north", 5.0, 0.2, 30.0), ClockEstimate("south", -0.1, 0.2, 30.0))
    put_camera_graph(store, CameraGraph(clocks=clocks, exits=GRAPH.exits))
    found = outlook(store, match(store, 1, 1, 3))
    assert found is not None
    assert found.cameras[0].median == SOUTH + 70


def test_how_much_later_is_told_in_true_time(store: Store) -> None:
    for name in ("north", "south"):
        store.put_camera(camera(name, last_timestamp=SOUTH + 0.5))
    clocks = (ClockEstimate("south", 20.0, 0.2, 30.0),)
    put_camera_graph(store, CameraGraph(clocks=clocks, exits=GRAPH.exits))
    found = outlook(store, match(store, 1, 1, 3))
    assert found is not None
    # What was learned is from a clock that is slow by 20 s to one that is right: 60 s are 40.
    assert found.cameras[0].earliest == SOUTH + 61
    assert found.left_at == SOUTH + 20
    assert as_line(found) == "next, once it has left: north 60 %, 41 to 49 s later; none 40 %"


def test_nothing_is_claimed(store: Store, tmp_path: Path) -> None:
    # After the north too few were seen elsewhere; and of identity 1 more is known than is shown.
    assert outlook(store, match(store, 2, 2)) is None
    assert outlook(store, match(store, 1, 1)) is None
    with city_store(tmp_path / "other") as unlearned:
        assert outlook(unlearned, match(unlearned, 1, 1, 3)) is None
        put_camera_graph(unlearned, CameraGraph())
        assert outlook(unlearned, match(unlearned, 1, 1, 3)) is None


def test_a_sighting_without_identity_goes_on_too(store: Store) -> None:
    store.upsert_sighting(tracklet("south", 9), view(), first_frame=3, last_frame=23)
    found = outlook(store, match(store, None, 5))
    assert found is not None
    assert found.left_at == START + 2


# ------------------------------------------------------------------ how it is said


def north(*, probability: float = 0.62, over: bool = False) -> NextCamera:
    return NextCamera("north", 0.8, probability, START + 70, START + 85, START + 100, over)


@pytest.mark.parametrize(
    ("cameras", "none", "line"),
    [
        pytest.param((), 0.999, "next: none over 99 %", id="none"),
        pytest.param(
            (north(),), 0.38, "next: north 62 %, 08:31:10 to 08:31:40; none 38 %", id="one"
        ),
        pytest.param(
            (north(over=True),),
            0.97,
            "next: none 97 %; was due at north 08:31:10 to 08:31:40, not seen there",
            id="over",
        ),
    ],
)
def test_in_words(cameras: tuple[NextCamera, ...], none: float, line: str) -> None:
    assert as_line(Outlook("south", START, False, cameras, none)) == line


# ------------------------------------------------------------------ the command


def query(run: Path, *options: object) -> str:
    result = CliRunner().invoke(app, ["--store", str(run), *map(str, options)])
    assert result.exit_code == 0, result.output
    return result.output


LINE = "next: north 60 %, 08:31:13 to 08:31:21; none 40 %"


def test_a_query_says_what_is_next(store: Store, tmp_path: Path) -> None:
    page, file = tmp_path / "found.html", tmp_path / "found.json"
    output = query(tmp_path / "run", "--sighting", 2, "--json", file, "--report", page)
    # Identities 1 and 3 were seen last in the south.
    assert [line for line in output.splitlines() if "next:" in line] == [
        f"1. {LINE}",
        "2. next: north 60 %, 08:31:23 to 08:31:31; none 40 %",
    ]
    assert f"<p>{LINE}</p>" in page.read_text(encoding="utf-8")
    told = json.loads(file.read_text())["matches"][0]["next"]
    assert (told["camera_id"], told["left_at"], told["in_view"]) == ("south", SOUTH, False)
    assert told["cameras"][0]["camera_id"] == "north"
    assert told["cameras"][0]["latest"] == SOUTH + 69


def test_a_query_without_a_graph_says_nothing(tmp_path: Path) -> None:
    city_store(tmp_path / "run").close()
    page, file = tmp_path / "found.html", tmp_path / "found.json"
    output = query(tmp_path / "run", "--sighting", 2, "--json", file, "--report", page)
    assert "next:" not in output
    assert "next:" not in page.read_text(encoding="utf-8")
    assert [one["next"] for one in json.loads(file.read_text())["matches"]] == [None, None]


def test_who_follows_a_run_is_told(store: Store, tmp_path: Path) -> None:
    options = ["--sighting", 2, "--nearer-than", 1.5, "--top", 1, "--follow"]
    lines = query(tmp_path / "run", *options).splitlines()
    row = next(row for row, line in enumerate(lines) if "(the sighting" in line)
    assert lines[row + 1] == "next: north 60 %, 08:31:23 to 08:31:31; none 40 %"
