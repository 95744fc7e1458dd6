"""When cameras did not watch, as a store knows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from math import inf
from pathlib import Path

import pytest

from app.search.unwatched import UNKNOWN, not_watching_lines, not_watching_values
from app.storage.coverage import (
    between_runs,
    coverage,
    put_configured,
    put_outages,
    put_waiting,
    watched,
)
from app.storage.records import SightingFilter
from app.storage.store import Store
from tests.app.stores import START, camera

MINUTES = 60.0
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A run of a quarter of an hour, as its first camera saw it."""
    with Store.create(tmp_path / "run") as store:
        put_configured(store, ["gate", "bridge", "tunnel"])
        watch(store, "gate", 0.0, 15 * MINUTES)
        yield store


def watch(store: Store, name: str, first: float, last: float, **fields: object) -> None:
    """Let a camera have pictures from one second to another, ten a second."""
    times = {"first_timestamp": START + first, "last_timestamp": START + last}
    store.put_camera(camera(name, frames=round(10 * (last - first)), **times, **fields))


def said(store: Store, **asked: object) -> str:
    where = SightingFilter(**asked)
    return "; ".join(not_watching_lines(coverage(store, where))).removeprefix("not watching: ")


def both(store: Store, first: float, last: float, **asked: object) -> str:
    """What is said of two cameras, the second of which watched for so long."""
    watch(store, "bridge", first, last)
    return said(store, cameras=frozenset({"gate", "bridge"}), **asked)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(0.0, 15 * MINUTES, "", id="all the time"),
        pytest.param(0.8, 15 * MINUTES - 0.8, "", id="nearly"),
        pytest.param(12.0, 15 * MINUTES, "bridge until 08:30:12", id="began later"),
        pytest.param(0.0, 14 * MINUTES, "bridge from 08:44:00", id="ended sooner"),
        pytest.param(
            -30.0, 16 * MINUTES, "gate until 08:30:00, from 08:45:00", id="the other's span counts"
        ),
    ],
)
def test_recordings_begin_and_end(store: Store, first: float, last: float, expected: str) -> None:
    assert both(store, first, last) == expected


def test_a_camera_that_never_answered_did_not_watch_at_any_time(store: Store) -> None:
    watch(store, "bridge", 0.0, 15 * MINUTES)
    assert said(store) == "tunnel at any time"
    assert said(store, cameras=frozenset({"gate", "bridge"})) == ""
    # Nor did one that answered and has sent nothing yet.
    store.put_camera(camera("tunnel", frames=0, first_timestamp=None, last_timestamp=None))
    assert said(store) == "tunnel at any time"


def test_a_lost_camera_did_not_watch(store: Store) -> None:
    watch(store, "bridge", 0.0, 15 * MINUTES, live=True)
    put_outages(store, "bridge", [(START + 70, START + 340), (START + 500, START + 505)])
    lost = "bridge 08:31:10 – 08:35:40 (lost), 08:38:20 – 08:38:25 (lost)"
    assert said(store) == f"{lost}; tunnel at any time"


def test_a_loss_that_goes_on_counts_until_now(store: Store) -> None:
    watch(store, "bridge", 0.0, 14 * MINUTES, live=True)
    two = frozenset({"gate", "bridge"})
    assert said(store, cameras=two) == "bridge from 08:44:00 (lost)"
    watch(store, "gate", 0.0, 16 * MINUTES)
    beyond = said(store, cameras=two, before=START + 20 * MINUTES)
    assert beyond == "gate from 08:46:00; bridge 08:44:00 – 08:46:00 (lost), from 08:46:00"
    # What was lost and came back is told when a picture of afterwards has been looked at.
    put_outages(store, "bridge", [(START + 14 * MINUTES, START + 16 * MINUTES)])
    assert said(store, cameras=two) == "bridge from 08:44:00 (lost)"
    watch(store, "bridge", 0.0, 16 * MINUTES, live=True)
    assert said(store, cameras=two) == "bridge from 08:44:00 (lost)"
    watch(store, "bridge", 0.0, 16.5 * MINUTES, live=True)
    watch(store, "gate", 0.0, 16.5 * MINUTES)
    assert said(store, cameras=two) == "bridge 08:44:00 – 08:46:00 (lost)"


def test_all_cameras_are_lost_while_a_run_waits_for_one(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        put_configured(store, ["gate", "bridge"])
        watch(store, "gate", 0.0, 15 * MINUTES, live=True)
        watch(store, "bridge", 0.0, 15 * MINUTES - 0.1, live=True)
        put_waiting(store, START + 15 * MINUTES + 1)
        assert said(store) == ""
        put_waiting(store, START + 16 * MINUTES)
        assert said(store) == "all cameras from 08:45:00 (lost)"
        assert said(store, cameras=frozenset({"gate"})) == "gate from 08:45:00 (lost)"
        assert said(store, before=START + 15 * MINUTES) == ""
        # Once one is back it is as if the other had been lost alone.
        watch(store, "gate", 0.0, 17 * MINUTES, live=True)
        put_outages(store, "gate", [(START + 15 * MINUTES, START + 16.5 * MINUTES)])
        assert said(store) == "gate 08:45:00 – 08:46:30 (lost); bridge from 08:45:00 (lost)"


def test_a_recording_has_a_gap(store: Store) -> None:
    put_outages(store, "bridge", [(START + 70, START + 340)])
    assert both(store, 0.0, 15 * MINUTES) == "bridge 08:31:10 – 08:35:40 (gap)"


def test_a_camera_that_sends_blank_images_does_not_watch(store: Store) -> None:
    watch(store, "bridge", 0.0, 15 * MINUTES - 0.5, live=True)
    lost = [(START + 200, START + 260)]
    put_outages(store, "bridge", lost, [(START + 70, START + 200), (START + 800, inf)])
    two = frozenset({"gate", "bridge"})
    told = "bridge 08:31:10 – 08:33:20 (no picture), 08:33:20 – 08:34:20 (lost)"
    assert said(store, cameras=two) == f"{told}, from 08:43:20 (no picture)"
    spans = [(0, 70), (200, 200), (260, 800), (899.5, 899.5)]
    assert watched(store)["bridge"] == [(START + a, START + b) for a, b in spans]
    # Then it is lost.
    watch(store, "gate", 0.0, 16 * MINUTES)
    dark = "08:43:20 – 08:45:00 (no picture), from 08:45:00 (lost)"
    assert said(store, cameras=two) == f"{told}, {dark}"
    put_outages(store, "bridge", [], [(START - 9, inf)])
    watch(store, "bridge", 0.0, 16 * MINUTES, live=True)
    assert said(store, cameras=frozenset({"bridge"})) == "bridge at any time (no picture)"


def test_blank_images_read_ahead_do_not_count(store: Store) -> None:
    put_outages(store, "gate", [], [(START + 20 * MINUTES, inf)])
    assert said(store, cameras=frozenset({"gate"})) == ""
    put_outages(store, "gate", [], [(START + 14 * MINUTES, START + 16 * MINUTES)])
    assert said(store, cameras=frozenset({"gate"})) == "gate from 08:44:00 (no picture)"


# Whoever asks in local time does not know why nothing is found.
BESIDE = "all cameras at any time; the run is of 2026-05-04 08:30:00 – 08:45:00 (UTC)"


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        pytest.param(0.0, 60.0, "", id="before it"),
        pytest.param(60.0, 120.0, "bridge from 08:31:10 (gap)", id="its beginning"),
        pytest.param(300.0, 400.0, "bridge until 08:35:40 (gap)", id="its end"),
        pytest.param(80.0, 81.0, "bridge at any time (gap)", id="within"),
        pytest.param(80.0, 80.0, "bridge at any time (gap)", id="a moment within"),
        pytest.param(339.0, 400.0, "", id="hardly any of it"),
        pytest.param(-90.0, 60.0, "all cameras until 08:30:00", id="before the run, too"),
        pytest.param(-90.0, -60.0, BESIDE, id="before the run alone"),
        pytest.param(None, -60.0, BESIDE, id="up to a time before it"),
        pytest.param(3600.0, None, BESIDE, id="from a time after it on"),
        pytest.param(900.0, 900.0, "", id="the last moment"),
    ],
)
def test_only_the_time_asked_for_counts(
    store: Store, after: float | None, before: float | None, expected: str
) -> None:
    put_outages(store, "bridge", [(START + 70, START + 340)])
    asked = {
        "after": None if after is None else START + after,
        "before": None if before is None else START + before,
    }
    assert both(store, 0.0, 15 * MINUTES, **asked) == expected


def test_many_outages_are_summed_up(store: Store) -> None:
    put_outages(store, "bridge", [(START + t, START + t + 20) for t in range(60, 360, 60)])
    assert both(store, 12.0, 14 * MINUTES) == (
        "bridge until 08:30:12, 5 times within 08:31:00 – 08:35:20 (gap), 100 s in all, "
        "from 08:44:00"
    )


def test_outages_of_several_kinds_are_summed_up_together(store: Store) -> None:
    gaps = [(START + t, START + t + 20) for t in range(60, 360, 60)]
    put_outages(store, "bridge", gaps, [(START + 400, START + 460)])
    assert both(store, 0.0, 15 * MINUTES) == (
        "bridge 6 times within 08:31:00 – 08:37:40 (gap, no picture), 160 s in all"
    )


def test_cameras_of_one_fate_share_their_words(store: Store) -> None:
    watch(store, "bridge", 12.0, 15 * MINUTES)
    watch(store, "tunnel", 12.0, 15 * MINUTES)
    assert said(store) == "bridge, tunnel until 08:30:12"


def test_days_are_named_where_there_are_several(store: Store) -> None:
    put_outages(store, "bridge", [(START + 70, START + 340), (START + DAY, START + DAY + 60)])
    assert both(store, 0.0, DAY + 120) == (
        "gate from 2026-05-04 08:45:00; bridge 2026-05-04 08:31:10 – 08:35:40 (gap), "
        "2026-05-05 08:30:00 – 08:31:00 (gap)"
    )


def test_recordings_of_unknown_date_count_from_their_start(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        put_configured(store, ["gate", "bridge"])
        store.put_camera(camera("gate", first_timestamp=0.0, last_timestamp=60.0))
        store.put_camera(camera("bridge", first_timestamp=0.0, last_timestamp=48.0))
        assert said(store) == "bridge from 0:00:48"


def test_a_run_without_a_picture_has_watched_nothing(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        put_configured(store, ["gate"])
        assert said(store) == "gate at any time"
        (value,) = not_watching_values(coverage(store))
        assert value == {"camera_id": "gate", "first": None, "last": None, "reason": "never"}


def test_a_store_of_before_says_what_it_cannot_know(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        watch(store, "gate", 0.0, 15 * MINUTES)
        assert not_watching_lines(coverage(store)) == [UNKNOWN]
        watch(store, "bridge", 12.0, 15 * MINUTES)
        assert not_watching_lines(coverage(store)) == [
            "not watching: bridge until 08:30:12",
            UNKNOWN,
        ]
        _, told = not_watching_lines(coverage(store), run="tuesday")
        assert told.startswith("The run tuesday was made by an earlier version")


def test_values_have_all_of_it(store: Store) -> None:
    watch(store, "bridge", 12.0, 14 * MINUTES, live=True)
    put_outages(store, "bridge", [(START + 70, START + 340)])
    found = not_watching_values(coverage(store, SightingFilter(before=START + 20 * MINUTES)))
    assert [
        (one["camera_id"], one["first"] - START, one["last"] - START, one["reason"])
        for one in found
    ] == [
        ("gate", 900.0, 1200.0, "after"),
        ("bridge", 0.0, 12.0, "before"),
        ("bridge", 70.0, 340.0, "lost"),
        ("bridge", 840.0, 900.0, "lost"),
        ("bridge", 900.0, 1200.0, "after"),
        ("tunnel", 0.0, 1200.0, "never"),
    ]


# ------------------------------------------------------------------ several runs


@pytest.fixture
def days(tmp_path: Path) -> Iterator[list[Store]]:
    """A quarter of an hour on each of three days; in the second the bridge begins late."""
    with ExitStack() as opened:
        stores = []
        for day in range(3):
            store = opened.enter_context(Store.create(tmp_path / str(day)))
            put_configured(store, ["gate", "bridge"])
            watch(store, "gate", day * DAY, day * DAY + 15 * MINUTES)
            late = 12.0 if day == 1 else 0.0
            watch(store, "bridge", day * DAY + late, day * DAY + 15 * MINUTES)
            stores.append(store)
        yield stores


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, "bridge until 08:30:12", id="all"),
        pytest.param(
            {"after": START, "before": START + 9 * DAY}, "bridge until 08:30:12", id="all in words"
        ),
        pytest.param({"after": START + DAY + 5}, "bridge until 08:30:12", id="from a day on"),
        pytest.param({"after": START + DAY + 30}, "", id="later"),
        pytest.param({"before": START + DAY - 5}, "", id="the day before"),
        pytest.param({"after": START + 2 * DAY}, "", id="the day after"),
        pytest.param({"cameras": frozenset({"gate", "tunnel"})}, "tunnel at any time", id="none"),
    ],
)
def test_a_run_among_others_is_asked_of_its_own_time(
    days: list[Store], asked: dict[str, object], expected: str
) -> None:
    found = coverage(days[1], SightingFilter(**asked), alone=False)
    said = "; ".join(not_watching_lines(found, run="tuesday"))
    assert said == (f"not watching in tuesday: {expected}" if expected else "")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(None, None, [(15, 1440), (1455, 2880)], id="all"),
        pytest.param(1440, 1450, [], id="within one"),
        pytest.param(1430, 1450, [(1430, 1440)], id="from before"),
        pytest.param(2880, 3000, [(2895, 3000)], id="until after"),
        pytest.param(100, 200, [(100, 200)], id="between"),
        pytest.param(5000, None, [(5000, 5000)], id="later than all, and no end said"),
        pytest.param(5000, 5001, [(5000, 5001)], id="later than all"),
    ],
)
def test_between_the_runs_nobody_watched(
    days: list[Store], first: int | None, last: int | None, expected: list[tuple[int, int]]
) -> None:
    ends = {"after": first, "before": last}
    asked = {key: START + t * MINUTES for key, t in ends.items() if t is not None}
    # The order in which they are given does not matter, nor that one lies within another.
    found = between_runs([days[2], days[0], days[1], days[0]], SightingFilter(**asked)).absences
    assert [tuple((t - START) / MINUTES for t in (a.first or 0, a.last or 0)) for a in found] == (
        expected
    )


def test_runs_of_unknown_date_cannot_tell(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("gate", first_timestamp=0.0, last_timestamp=60.0))
        assert between_runs([store]).absences == ()
        # Nor whether they were there at the time.
        found = coverage(store, SightingFilter(after=START), alone=False)
        assert not_watching_lines(found)[0] == (
            "not watching: gate at any time; the run is of 0:00:00 – 0:01:00 since its start"
        )
        assert coverage(store, SightingFilter(after=5.0), alone=False).absences == ()


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param(900 * 4, "", id="four a second"),
        pytest.param(
            450,
            "few frames: bridge 0.5 a second; vehicles are missed there",
            id="one in two seconds",
        ),
        pytest.param(
            4, "few frames: bridge 0.0 a second; vehicles are missed there", id="hardly any"
        ),
    ],
)
def test_a_camera_of_which_few_frames_were_looked_at_misses_vehicles(
    store: Store, frames: int, expected: str
) -> None:
    """A machine that is too slow for its live cameras skips frames."""
    span = {"first_timestamp": START, "last_timestamp": START + 900}
    store.put_camera(camera("bridge", frames=frames, live=True, **span))
    assert said(store, cameras=frozenset({"gate", "bridge"})) == expected
    assert said(store, cameras=frozenset({"gate"})) == ""


def test_what_a_lost_camera_missed_is_no_slowness(store: Store) -> None:
    watch(store, "bridge", 0.0, 60.0)
    store.put_camera(camera("bridge", frames=600, live=True, last_timestamp=START + 900))
    put_outages(store, "bridge", [(START + 60, START + 899)])
    assert "few frames" not in said(store)
