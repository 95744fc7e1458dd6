"""The main command with live cameras of which one does not answer at first, or at all."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
import yaml

from app import assembly
from app.storage.store import Store
from tests.app.fakes import BLUE, HEIGHT, RED, WIDTH, Car, ColourDetector, picture, standing
from tests.app.footage import write_video
from tests.app.senders import late_sender, nobody, silent_sender
from tests.app.workplace import Workplace, errors, frame_count


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.02)


def live(place: Workplace, **cameras: dict) -> Path:
    """A configuration of live cameras."""
    path = place.cams()
    tree = yaml.safe_load(path.read_text())
    tree["cameras"] = [{"id": name} | settings for name, settings in cameras.items()]
    path.write_text(yaml.safe_dump(tree))
    return path


def there(place: Workplace) -> dict:
    """A camera that answers, and has ended soon."""
    return {"source": (place.footage / "a.mp4").as_uri()}


def broadcast(path: Path, car: Car, *, scale: int = 1) -> bytes:
    """Three seconds of a street."""
    image = picture([car], 0, scale=scale)
    return write_video(path, range(0, 3000, 100), picture=image).read_bytes()


class Gatekeeper(ColourDetector):
    """Knows when a run has begun, and when it has a picture of the large camera."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.large = threading.Event(), threading.Event()

    def __call__(self, images):
        self.begun.set()
        if any(image.shape[1] == 2 * WIDTH for image in images):
            self.large.set()
        return super().__call__(images)


def test_a_camera_that_answers_late_joins_the_run(place, tmp_path, monkeypatch):
    detector = Gatekeeper()
    monkeypatch.setattr(assembly, "load_detector", lambda config: detector)
    early = broadcast(tmp_path / "early.ts", Car(RED, standing(60)))
    # Matroska says how long it is: the camera has ended with its last picture.
    late = broadcast(tmp_path / "late.mkv", Car(BLUE, standing(60)), scale=2)
    with (
        silent_sender(early, until=detector.large) as early_url,
        late_sender(late, begin=detector.begun) as late_url,
    ):
        cams = live(place, late={"source": late_url}, early={"source": early_url, "reconnect_s": 0})
        result = place.run(cams=cams)
    assert result.exit_code == 0, result.output
    assert f"retried: camera late: {late_url}: " in result.stderr.replace("\n", " ")
    summary = place.summary()
    assert summary["complete"] is True
    assert list(summary["cameras"]) == ["early", "late"]
    joined, *others = summary["warnings"]
    assert joined.startswith("camera late: joined ")
    assert [warning.partition(": ")[0] for warning in others] == ["camera early", "camera late"]
    assert all("the stream ended" in warning for warning in others)
    for name, camera in summary["cameras"].items():
        pieces = (place.out / "videos").glob(f"{name}_*.mp4")
        assert sum(map(frame_count, pieces)) == camera["frames"] > 0
        assert (place.out / "tracks" / f"{name}.txt").exists()
    with Store.open(place.out) as store:
        assert [(c.camera_id, c.width, c.height, c.live) for c in store.cameras()] == [
            ("early", WIDTH, HEIGHT, True),
            ("late", 2 * WIDTH, 2 * HEIGHT, True),
        ]
    mosaic = max((place.out / "mosaic").iterdir())
    with av.open(str(mosaic)) as container:
        last = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)][-1]
    # In the order of the configuration: the late one's blue car is on the left.
    blue = (last[..., 0] > 128) & (last[..., 2] < 100)
    assert np.nonzero(blue)[1].min() < last.shape[1] // 2


def test_a_camera_that_never_answers_holds_up_nothing(place):
    with nobody() as url:
        never = {"source": url, "reconnect_s": float("inf")}
        result = place.run(cams=live(place, never=never, there=there(place)))
    assert result.exit_code == 0, result.output
    summary = place.summary()
    assert summary["complete"] is True
    assert list(summary["cameras"]) == ["there"]
    assert [warning.partition(": ")[0] for warning in summary["warnings"]] == [
        "camera never",
        "camera there",
    ]
    assert "Connection refused" in summary["warnings"][0]
    videos = (place.out / "videos").iterdir()
    assert {path.name.partition("_")[0] for path in videos} == {"there"}
    assert [path.name for path in (place.out / "tracks").iterdir()] == ["there.txt"]
    assert "Connection refused" in (place.out / "report.html").read_text()


def test_a_camera_that_is_not_to_be_called_again_is_left_out(place):
    with nobody() as url:
        never = {"source": url, "reconnect_s": 0}
        result = place.run("--max-frames", 3, cams=live(place, never=never, there=there(place)))
    assert result.exit_code == 0, result.output
    assert "left out: camera never: " in result.stderr
    assert 1 <= place.summary()["frames"] <= 3


def test_none_that_answers_is_an_error(place):
    with nobody() as one, nobody() as another:
        result = place.run(cams=live(place, a={"source": one}, b={"source": another}))
    assert result.exit_code == 3
    assert [error.split(": ")[1] for error in errors(result)] == ["camera a", "camera b"]
    assert len(result.stderr.splitlines()) == 2
    assert not place.out.exists()


def test_check_finds_every_camera_that_does_not_answer(place):
    with nobody() as one, nobody() as another:
        cams = live(place, a={"source": one}, b={"source": another}, there=there(place))
        result = place.run("--check", cams=cams)
    assert result.exit_code == 3
    assert [error.split(": ")[1] for error in errors(result)] == ["camera a", "camera b"]
