"""A camera that refuses the password is not retried: some lock the account."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
import yaml

from app.errors import AccessError, SourceError
from app.frames.calling import Calling
from app.frames.live import LiveSource
from tests.app.footage import write_video
from tests.app.senders import guarded_sender
from tests.app.workplace import Workplace

FOR_EVER = float("inf")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.01)


@pytest.fixture
def broadcast(tmp_path: Path) -> bytes:
    return write_video(tmp_path / "a.ts", range(0, 1000, 100)).read_bytes()


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
@pytest.mark.parametrize("refusal", ["401 Unauthorized", "403 Forbidden"])
def test_the_error_names_the_camera_and_not_the_password(scheme, refusal):
    with guarded_sender(scheme, refusal=refusal) as camera, pytest.raises(AccessError) as caught:
        LiveSource("north", camera.url)
    message = str(caught.value)
    assert message.startswith(f"camera north: {scheme}://***@127.0.0.1:")
    assert f"access is denied (Server returned {refusal}" in message
    assert "not retried" in message
    assert "secret" not in message
    assert "\n" not in message
    assert camera.refused == 1


def test_one_that_refuses_at_first_is_called_once(caplog):
    with guarded_sender("http") as camera:
        calling = Calling("north", lambda: LiveSource("north", camera.url), reconnect_s=FOR_EVER)
        with pytest.raises(AccessError):
            calling.first_outcome()
        calling._outcomes._thread.join()
        assert calling.answer() is None
        calling.close()
    assert camera.refused == 1
    assert caplog.records == []


def test_one_that_refuses_later_is_called_until_then():
    outcomes = [SourceError("switched off"), SourceError("starting"), AccessError("north", "no")]
    calls = []

    def call() -> LiveSource:
        calls.append(1)
        raise outcomes[len(calls) - 1]

    calling = Calling("north", call, reconnect_s=FOR_EVER)
    with pytest.raises(SourceError, match="switched off"):
        calling.first_outcome()
    calling._outcomes._thread.join()
    assert len(calls) == 3
    with pytest.raises(AccessError):
        calling.answer()
    assert calling.answer() is None
    calling.close()


def test_a_refusal_that_nobody_asked_for_is_forgotten():
    before = threading.active_count()
    with guarded_sender("http") as camera:
        calling = Calling("north", lambda: LiveSource("north", camera.url), reconnect_s=FOR_EVER)
        calling._outcomes._thread.join()
        calling.close()
    assert threading.active_count() == before


def test_a_lost_camera_that_refuses_is_called_no_more(broadcast, caplog):
    with guarded_sender("http", broadcast, broadcast) as camera:
        source = LiveSource("north", camera.url, reconnect_s=FOR_EVER)
        with caplog.at_level(logging.WARNING):
            frames = list(source.frames())
        source.close()
    assert len(frames) + source.dropped == 20
    assert camera.refused == 1
    back, refused = source.warnings
    assert "lost once" in back
    assert "the stream ended: access is denied (Server returned 401 Unauthorized" in refused
    assert caplog.messages[-1] == f"camera north: {refused}"
    assert "secret" not in caplog.text


def live(place: Workplace, *cameras: dict) -> Path:
    path = place.cams()
    tree = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(tree | {"cameras": cameras}))
    return path


def test_a_run_goes_on_without_it(place):
    there = {"id": "there", "source": (place.footage / "a.mp4").as_uri()}
    with guarded_sender("rtsp") as camera:
        closed = {"id": "closed", "source": camera.url, "reconnect_s": FOR_EVER}
        result = place.run(cams=live(place, closed, there))
    assert result.exit_code == 0, result.output
    assert camera.refused == 1
    told = " ".join(result.stderr.split())
    assert told.count("camera closed") == told.count("left out: camera closed: rtsp://***@") == 1
    refused, *_ = place.summary()["warnings"]
    assert refused.startswith("camera closed: rtsp://***@")
    assert "secret" not in told + refused + (place.out / "report.html").read_text()


def test_without_any_other_it_is_an_error_of_one_line(place):
    with guarded_sender("http") as camera:
        result = place.run(cams=live(place, {"id": "closed", "source": camera.url}))
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
    assert "check the name and password" in result.stderr
    assert camera.refused == 1
    assert not place.out.exists()
