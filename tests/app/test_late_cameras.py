"""Live cameras that do not answer when a run begins."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field

import pytest

from app.config import RunConfig
from app.errors import AccessError, ConfigError, SourceError
from app.running.opening import OpenSources
from app.storage.outages import Outages
from detector.files.decoding import SourceInfo
from tests.app.senders import nobody, silent_sender

OUTSIDE = [[0, 97], [160, 97], [160, 300]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.01)


def config(*names: str, **settings: object) -> RunConfig:
    cameras = [{"id": name, "source": f"rtsp://{name}.invalid/1"} | settings for name in names]
    return RunConfig.model_validate({"cameras": cameras})


@dataclass
class Town:
    """Decides which live cameras answer.

    Attributes:
        silent: Those that do not.
        refusing: Those that refuse the password.
        together: Every call waits until so many are under way.
        closed: Those that were closed.
    """

    silent: set[str]
    refusing: set[str] = field(default_factory=set)
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))
    closed: list[str] = field(default_factory=list)


@pytest.fixture
def town(monkeypatch) -> Town:
    town = Town(silent=set())

    class LiveSource:
        live = True
        info = SourceInfo(
            width=160, height=96, average_fps=10, duration_s=None, frame_count=None, codec=""
        )

        def __init__(self, camera_id: str, *_: object, **__: object) -> None:
            town.together.wait()
            if camera_id in town.refusing:
                raise AccessError(f"camera {camera_id}", "refused")
            if camera_id in town.silent:
                raise SourceError(f"camera {camera_id}: switched off")
            self.camera_id = camera_id
            self.warnings: list[str] = []
            self.now = float(ord(camera_id))
            self.outages = Outages()

        def slowness(self) -> str:
            return ""

        def hang_up(self) -> None:
            town.closed.append(self.camera_id)

        def close(self) -> None:
            """Nothing more is held."""

    monkeypatch.setattr("app.running.opening.LiveSource", LiveSource)
    return town


def latecomers(opened: OpenSources) -> list[str]:
    """Wait until something has become of the awaited cameras."""
    before, found = opened.awaited, []
    while opened.awaited == before:
        found = opened.latecomers()
    return [source.camera_id for source in found]


def test_all_are_called_at_the_same_time(town):
    town.together = threading.Barrier(3, timeout=60)
    with OpenSources(config("b", "c", "a")) as opened:
        assert [source.camera_id for source in opened.sources] == ["b", "c", "a"]
        assert opened.awaited == []
    assert sorted(town.closed) == ["a", "b", "c"]


def test_the_time_is_that_of_the_clock_which_is_behind(town):
    with OpenSources(config("b", "a", "c")) as opened:
        assert opened.now() == ord("a")


def test_one_that_answers_late_is_among_the_sources_from_then_on(town):
    town.silent = {"a"}
    with OpenSources(config("a", "b")) as opened:
        assert [source.camera_id for source in opened.sources] == ["b"]
        assert opened.awaited == ["a"]
        assert opened.latecomers() == []
        assert opened.warnings() == ["camera a: switched off"]
        town.silent = set()
        assert latecomers(opened) == ["a"]
        assert [source.camera_id for source in opened.sources] == ["b", "a"]
        opened.sources[1].warnings.append("lost once")
        joined, lost = opened.warnings()
        assert joined.startswith("camera a: joined ")
        assert joined.endswith(" s after the start")
        assert lost == "camera a: lost once"
        assert opened.failures == {}
    assert sorted(town.closed) == ["a", "b"]


@pytest.mark.parametrize("at_once", [True, False])
def test_one_that_refuses_the_password_is_left_out(town, caplog, at_once):
    town.silent, town.refusing = {"a"}, {"a"} if at_once else set()
    with OpenSources(config("a", "b")) as opened:
        if not at_once:
            assert opened.awaited == ["a"]
            town.refusing = {"a"}
            assert latecomers(opened) == []
            assert caplog.messages == ["left out: camera a: refused"]
        assert opened.awaited == []
        assert [source.camera_id for source in opened.sources] == ["b"]
        assert opened.warnings() == ["camera a: refused"]


def test_one_that_is_not_called_again_is_left_out(town):
    town.silent = {"a"}
    with OpenSources(config("a", "b", reconnect_s=0)) as opened:
        assert opened.awaited == []
        assert opened.warnings() == ["camera a: switched off"]


def test_none_that_answers_is_an_error(town):
    town.silent = {"a", "b"}
    before = threading.active_count()
    with pytest.raises(SourceError, match="camera a: switched off"):
        OpenSources(config("a", "b"))
    assert threading.active_count() == before


def test_a_region_outside_of_the_picture_is_an_error_at_the_start_only(town):
    settings = config("a", "b")
    settings = RunConfig.model_validate(
        {
            "cameras": [
                camera.model_dump() | ({"roi": OUTSIDE} if camera.id == "a" else {})
                for camera in settings.cameras
            ]
        }
    )
    with pytest.raises(ConfigError, match="camera a: roi: "):
        OpenSources(settings)
    town.silent, town.closed = {"a"}, []
    with OpenSources(settings) as opened:
        town.silent = set()
        assert latecomers(opened) == []
        assert town.closed == ["a"]
        assert [source.camera_id for source in opened.sources] == ["b"]
        (warning,) = opened.warnings()
        assert warning.startswith("camera a: roi: entirely outside the image")


def test_ctrl_c_does_not_wait_for_a_camera_that_does_not_answer():
    with silent_sender(b"") as silent, nobody() as off:
        main = threading.main_thread().ident
        press = threading.Timer(0.3, signal.pthread_kill, [main, signal.SIGINT])
        press.start()
        cameras = [{"id": "a", "source": off}, {"id": "b", "source": silent}]
        with pytest.raises(KeyboardInterrupt):
            OpenSources(RunConfig.model_validate({"cameras": cameras}))
        # It is still being called, and ends with the connection, or would with the process.
        (calling,) = (t for t in threading.enumerate() if t.name == "call-b")
    calling.join()
