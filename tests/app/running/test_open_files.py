"""Hundreds of cameras need more open files than systems grant unasked."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from app.errors import TooManyFilesError
from app.frames.merge import merge
from app.running import open_files
from app.running.open_files import SPARE, make_room
from app.running.opening import OpenSources
from tests.app.fakes import write_recording
from tests.app.running.test_opening import config

if TYPE_CHECKING:
    from collections.abc import Iterator


def next_free() -> int:
    number = os.dup(0)
    os.close(number)
    return number


@contextmanager
def limit_of(soft: int) -> Iterator[None]:
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)


@pytest.fixture
def limits(monkeypatch) -> list[tuple[int, int]]:
    """The limits that were asked for; granted are 256, and 300 if asked."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 300))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    monkeypatch.setattr(open_files, "_next_free", lambda: 12)
    return asked


def test_as_many_are_asked_for_as_may_be(limits):
    make_room(240, videos=0)
    assert limits == [(300, 300)]


def test_no_more_than_any_system_grants_are_asked_for(limits, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    make_room(2000, videos=1)
    assert limits == [(10_240, resource.RLIM_INFINITY)]


def test_cameras_that_need_more_are_refused_before_anything_begins(limits):
    with pytest.raises(TooManyFilesError, match=f"121 cameras: they need {12 + 242 + SPARE} open"):
        make_room(121, videos=1)
    make_room(120, videos=1)


def test_a_run_is_refused_before_it_begins(place, monkeypatch):
    monkeypatch.setattr(open_files, "SPARE", 10**9)
    result = place.run()
    assert result.exit_code == 3
    assert result.stderr.startswith("error: 2 cameras: they need ")
    assert not place.out.exists()


def test_a_camera_does_not_drop_out_for_want_of_a_file(tmp_path):
    source = str(write_recording(tmp_path / "a.mp4", [], frames=2))
    cameras = config({"id": "a", "source": source}, {"id": "b", "source": source})
    with limit_of(next_free()), pytest.raises(TooManyFilesError, match=r"camera a: .*ulimit -n"):
        OpenSources(cameras)
    with OpenSources(cameras) as opened, limit_of(next_free() + 1):
        batches = merge(opened.sources, window_s=0.01)
        with pytest.raises(TooManyFilesError, match="camera b: "):
            list(batches)
