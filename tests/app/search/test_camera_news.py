"""Cameras of a run that is going on are watched."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from app.search.camera_news import CameraNews
from app.storage.coverage import put_configured, put_outages, put_waiting
from app.storage.records import SightingFilter
from app.storage.store import Store
from tests.app.stores import START, camera


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two live cameras that have watched for a minute, and one that has not answered."""
    with Store.create(tmp_path / "run") as store:
        put_configured(store, ["gate", "bridge", "tunnel"])
        watch(store, "gate", 60.0)
        watch(store, "bridge", 60.0)
        yield store


def watch(store: Store, name: str, last: float, *, first: float = 0.0) -> None:
    """Let a camera have had pictures from one second to another, ten a second."""
    times = {"first_timestamp": START + first, "last_timestamp": START + last}
    store.put_camera(camera(name, frames=round(10 * (last - first)), live=True, **times))


def lose(store: Store, name: str, *spans: tuple[float, float]) -> None:
    """Let a camera have been lost for these times."""
    put_outages(store, name, [(START + begin, START + end) for begin, end in spans])


def following(store: Store, **fields: object) -> CameraNews:
    return CameraNews(store, SightingFilter(**fields))


def test_a_loss_is_told_once_and_so_is_its_end(store: Store) -> None:
    news = following(store)
    watch(store, "gate", 61.0)
    assert news.lines() == []
    watch(store, "gate", 70.0)
    assert news.lines() == ["camera bridge: lost since 2026-05-04 08:31:00"]
    watch(store, "gate", 80.0)
    assert news.lines() == []
    lose(store, "bridge", (60.0, 90.0))
    watch(store, "bridge", 91.0)
    watch(store, "gate", 91.0)
    assert news.lines() == [
        "camera bridge: back since 2026-05-04 08:31:30, lost since 2026-05-04 08:31:00"
    ]
    assert news.lines() == []


def test_all_cameras_are_lost_at_once(store: Store) -> None:
    news = following(store)
    put_waiting(store, START + 70.0)
    assert news.lines() == [
        "camera gate: lost since 2026-05-04 08:31:00",
        "camera bridge: lost since 2026-05-04 08:31:00",
    ]


def test_what_was_so_before_is_no_news(store: Store) -> None:
    lose(store, "gate", (10.0, 20.0))
    watch(store, "gate", 80.0)
    news = following(store)
    assert news.lines() == []
    # That it is over, is.
    lose(store, "bridge", (60.0, 90.0))
    watch(store, "bridge", 91.0)
    watch(store, "gate", 91.0)
    (line,) = news.lines()
    assert line.startswith("camera bridge: back since 2026-05-04 08:31:30")


def test_losses_between_two_looks_are_told_one_by_one(store: Store) -> None:
    news = following(store)
    lose(store, "gate", (60.0, 70.0), (75.0, 80.0))
    watch(store, "gate", 85.0)
    watch(store, "bridge", 90.0)
    assert news.lines() == [
        "camera gate: back since 2026-05-04 08:31:10, lost since 2026-05-04 08:31:00",
        "camera gate: back since 2026-05-04 08:31:20, lost since 2026-05-04 08:31:15",
        "camera gate: lost since 2026-05-04 08:31:25",
    ]


def test_a_loss_too_short_to_be_kept_is_over_all_the_same(store: Store) -> None:
    news = following(store)
    watch(store, "gate", 63.0)
    assert news.lines() == ["camera bridge: lost since 2026-05-04 08:31:00"]
    watch(store, "bridge", 63.0)
    assert news.lines() == ["camera bridge: back"]


def test_a_camera_without_a_picture_is_told(store: Store) -> None:
    news = following(store)
    put_outages(store, "gate", [], [(START + 50.0, inf)])
    watch(store, "gate", 63.0)
    watch(store, "bridge", 63.5)
    assert news.lines() == ["camera gate: no picture since 2026-05-04 08:30:50"]
    assert news.lines() == []
    put_outages(store, "gate", [], [(START + 50.0, START + 65.0)])
    watch(store, "gate", 66.0)
    watch(store, "bridge", 66.5)
    assert news.lines() == [
        "camera gate: a picture again since 2026-05-04 08:31:05, "
        "no picture since 2026-05-04 08:30:50"
    ]
    assert news.lines() == []


def test_a_camera_that_is_lost_with_black_images_has_no_picture_again(store: Store) -> None:
    put_outages(store, "gate", [], [(START + 50.0, inf)])
    news = following(store)
    watch(store, "bridge", 80.0)
    assert news.lines() == ["camera gate: lost since 2026-05-04 08:31:00"]
    put_outages(store, "gate", [(START + 60.0, START + 85.0)], [(START + 50.0, START + 60.0)])
    watch(store, "gate", 86.0)
    watch(store, "bridge", 86.0)
    assert news.lines() == [
        "camera gate: back since 2026-05-04 08:31:25, lost since 2026-05-04 08:31:00"
    ]


def test_a_camera_that_answers_late_is_told(store: Store) -> None:
    news = following(store)
    store.put_camera(camera("tunnel", frames=0, first_timestamp=None, last_timestamp=None))
    assert news.lines() == []
    watch(store, "tunnel", 61.0, first=60.5)
    assert news.lines() == ["camera tunnel: watching since 2026-05-04 08:31:00"]
    assert news.lines() == []


def test_cameras_that_begin_with_the_run_are_no_news(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        put_configured(store, ["gate", "bridge"])
        news = following(store)
        watch(store, "gate", 1.0)
        assert news.lines() == []
        watch(store, "bridge", 3.0, first=2.5)
        assert news.lines() == ["camera bridge: watching since 2026-05-04 08:30:02"]


def test_only_the_cameras_that_are_asked_for_count_and_at_any_time(store: Store) -> None:
    news = following(store, cameras=frozenset({"gate"}), before=START + 5.0)
    watch(store, "gate", 80.0)
    put_waiting(store, START + 90.0)
    assert news.lines() == ["camera gate: lost since 2026-05-04 08:31:20"]
