"""Drawing the videos of a run, once and again."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from app.config import OutputConfig
from app.drawing.mosaic import MAX_WH
from app.drawing.palette import identity_color
from app.frames.recorded import RecordedSource
from app.frames.run_recordings import Recordings
from app.render import AnnotatedVideos, app, render_recordings
from app.running.progress import FrameProgress
from app.storage.records import BoxRow, Camera
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from detector.types import Frame
from tests.app.fakes import HEIGHT, WIDTH, CountedFrames, write_recording
from tests.app.stores import assign, tracklet, view
from tracking.decisions import Assignment

FAST = OutputConfig(preset="ultrafast", crf=12)
MONDAY = 1_777_883_400.0
"""2026-05-04 08:30 UTC."""
XYXY = (60.0, 40.0, 120.0, 80.0)


@dataclass
class Run:
    """A run of two cameras: one box, in the north, from frame 2 on; frame 4 has been missed."""

    folder: RunFolder
    store: Store

    def draw(self, *, settings: OutputConfig = FAST, progress: CountedFrames | None = None) -> bool:
        return render_recordings(
            self.store,
            Recordings(self.store).open_all()[0],
            folder=self.folder,
            settings=settings,
            progress=progress or CountedFrames(),
        )


@pytest.fixture
def run(tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    with Store.create(folder.store) as store:
        for name, read in (("north", 10), ("south", 6)):
            path = write_recording(tmp_path / f"{name}.mp4", [], frames=10)
            store.put_camera(
                Camera(camera_id=name, source=str(path), width=WIDTH, height=HEIGHT, frames=read)
            )
        store.append_boxes(box(frame) for frame in (2, 3, 5, 6))
        seen = tracklet("north", 1, at=0.2)
        store.upsert_sighting(seen, view(), first_frame=2, last_frame=6)
        assign(store, "north", 1, identity_id=1)
        store.commit()
        yield Run(folder, store)


def box(frame: int, *, identity_id: int | None = None) -> BoxRow:
    return BoxRow(
        camera_id="north",
        frame=frame,
        track_id=1,
        timestamp=frame / 10,
        xyxy=XYXY,
        confidence=0.9,
        class_id=0,
        identity_id=identity_id,
    )


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def framed(path: Path, *, identity_id: int) -> list[int]:
    """The pictures in which the box is drawn in the colour of an identity."""
    x1, _, x2, y2 = map(int, XYXY)
    color = np.array(identity_color(identity_id))
    found = []
    for index, image in enumerate(pictures(path)):
        edge = image[y2 - 2 : y2, x1 + 10 : x2 - 10].reshape(-1, 3).mean(axis=0)
        if np.abs(edge - color).max() < 40:
            found.append(index)
    return found


def test_each_camera_is_drawn_as_far_as_it_was_read(run):
    progress = CountedFrames()
    assert run.draw(progress=progress)
    assert progress.frames == 16
    lengths = [len(pictures(run.folder.video(name))) for name in ("north", "south")]
    assert lengths == [10, 6]
    assert pictures(run.folder.video("south"))[0].shape == (HEIGHT, WIDTH, 3)
    assert len(pictures(run.folder.mosaic)) == 10


@pytest.mark.parametrize(
    ("max_gap_s", "frames"),
    [
        pytest.param(0.0, [2, 3, 5, 6], id="as it is"),
        pytest.param(1.0, [2, 3, 4, 5, 6], id="filled"),
    ],
)
def test_gaps_are_filled(run, max_gap_s, frames):
    run.draw(settings=FAST.model_copy(update={"max_gap_s": max_gap_s}))
    assert framed(run.folder.video("north"), identity_id=1) == frames


def test_without_a_mosaic(run):
    run.draw(settings=FAST.model_copy(update={"mosaic": False}))
    assert not run.folder.mosaic.exists()
    assert run.folder.video("north").exists()


class Impatient(CountedFrames):
    """Presses Ctrl-C after a few frames."""

    def advance(self, frames: int) -> None:
        super().advance(frames)
        if self.frames == 4:
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_leaves_videos_that_play(run):
    assert not run.draw(progress=Impatient())
    lengths = [len(pictures(run.folder.video(name))) for name in ("north", "south")]
    assert lengths == [2, 2]
    assert len(pictures(run.folder.mosaic)) == 2


def test_cameras_that_gave_no_frame_are_not_drawn(run):
    sources = [RecordedSource("east", Path(run.store.cameras()[0].source))]
    options = {"folder": run.folder, "settings": FAST, "progress": CountedFrames()}
    assert render_recordings(run.store, sources, **options)
    assert not run.folder.videos.exists()


def test_live_frames_show_no_boxes_of_earlier_ones(run):
    (source, _), _ = Recordings(run.store).open_all()
    with AnnotatedVideos(run.folder, {"north": source.info}, FAST) as videos:
        for index, frame in enumerate(source.frames()):
            # A track that is confirmed brings its earlier boxes with it.
            boxes = [box(i, identity_id=1) for i in (1, 2, 3)] if index == 3 else []
            videos.write(Frame("north", index, frame.timestamp, frame.image), boxes)
    assert framed(run.folder.video("north"), identity_id=1) == [3]


def test_a_camera_that_comes_late_has_its_place_in_the_mosaic_from_the_start(run):
    (north, south), _ = Recordings(run.store).open_all()
    with AnnotatedVideos(run.folder, {"north": None, "south": south.info}, FAST) as videos:
        for index, frame in enumerate(south.frames()):
            videos.write(frame, [])
            if index == 4:
                videos.add("north", north.info)
            if index >= 4:
                late = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
                videos.write(Frame("north", index - 4, frame.timestamp, late), [])
    left = [image[:, : image.shape[1] // 2].mean() for image in pictures(run.folder.mosaic)]
    # Its name, and "no picture", in light letters on a dark ground; then its white picture.
    assert [level > 128 for level in left] == [False] * 4 + [True] * 6
    assert len({image.shape for image in pictures(run.folder.mosaic)}) == 1
    assert len(pictures(run.folder.video("north"))) == 6


def test_live_cameras_have_videos_in_pieces(run):
    """The one that comes late, too, and the mosaic of all."""
    (north, south), _ = Recordings(run.store).open_all()
    settings = FAST.model_copy(update={"piece_s": 2})
    cameras = {"north": None, "south": south.info}
    with AnnotatedVideos(run.folder, cameras, settings, live=True) as videos:
        videos.add("north", north.info)
        for index, frame in enumerate(north.frames()):
            at = MONDAY + 0.5 + index / 2
            for name in ("south", "north")[: 1 + (index >= 6)]:
                videos.write(Frame(name, index, at, frame.image), [])
    files = sorted(run.folder.path.rglob("*Z.mp4"))
    assert {str(file.relative_to(run.folder.path)): len(pictures(file)) for file in files} == {
        "mosaic/mosaic_20260504T083000Z.mp4": 3,
        "mosaic/mosaic_20260504T083002Z.mp4": 4,
        "mosaic/mosaic_20260504T083004Z.mp4": 3,
        "videos/north_20260504T083003Z.mp4": 1,
        "videos/north_20260504T083004Z.mp4": 3,
        "videos/south_20260504T083000Z.mp4": 3,
        "videos/south_20260504T083002Z.mp4": 4,
        "videos/south_20260504T083004Z.mp4": 3,
    }
    assert sorted(run.folder.path.rglob("*.mp4")) == files


def test_live_videos_without_a_mosaic(run):
    (north, _), _ = Recordings(run.store).open_all()
    settings = FAST.model_copy(update={"mosaic": False})
    AnnotatedVideos(run.folder, {"north": north.info}, settings, live=True).close()
    assert run.folder.videos.is_dir()
    assert not run.folder.mosaic_pieces.exists()


def test_a_camera_that_never_comes_has_no_video_but_its_place(run):
    (_, south), _ = Recordings(run.store).open_all()
    with AnnotatedVideos(run.folder, {"north": None, "south": south.info}, FAST) as videos:
        for frame in south.frames():
            videos.write(frame, [])
    assert [path.name for path in run.folder.videos.iterdir()] == ["south.mp4"]
    image = pictures(run.folder.mosaic)[0]
    assert image.shape == (MAX_WH[1] // 2, MAX_WH[0], 3)


# ------------------------------------------------------------------ the command


def command(*options: object):
    return CliRunner().invoke(app, [str(option) for option in options])


@pytest.mark.parametrize("given", ["folder", "store"])
def test_videos_are_drawn_again_with_corrected_identities(run, given):
    run.draw()
    assign(run.store, "north", 1, identity_id=2, distance=0.3)
    run.store.set_meta("output", FAST.model_dump())
    run.store.commit()
    result = command("--run", run.folder.path if given == "folder" else run.folder.store)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == f"videos in {run.folder.videos}"
    assert framed(run.folder.video("north"), identity_id=1) == []
    assert framed(run.folder.video("north"), identity_id=2) == [2, 3, 4, 5, 6]


def test_what_was_known_at_the_time_is_drawn_beside_the_final_videos(run):
    run.draw()
    for number, at in ((2, 1.2), (1, 1.5)):
        run.store.put_assignment(
            ("north", 1), Assignment(number, None), timestamp=at, cause="evidence"
        )
    run.store.set_meta("output", FAST.model_dump())
    run.store.commit()
    result = command("--run", run.folder.path, "--online")
    assert result.exit_code == 0, result.output
    online = RunFolder(run.folder.path, online=True)
    # A second later: identity 2 from frame 2 on, identity 1 from frame 5 on.
    assert framed(online.video("north"), identity_id=2) == [2, 3, 4]
    assert framed(online.video("north"), identity_id=1) == [5, 6]
    assert framed(run.folder.video("north"), identity_id=1) == [2, 3, 4, 5, 6]
    assert online.mosaic.exists() == run.folder.mosaic.exists()


def test_older_videos_survive_a_drawing_that_is_stopped(run, monkeypatch):
    run.draw()
    run.folder.video("south").unlink()
    before = run.folder.video("north").read_bytes()
    assign(run.store, "north", 1, identity_id=2, distance=0.3)
    run.store.set_meta("output", FAST.model_dump())
    run.store.commit()
    advance = FrameProgress.advance

    def press(self: FrameProgress, count: int) -> None:
        advance(self, count)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(FrameProgress, "advance", press)
    result = command("--run", run.folder.path)
    assert result.exit_code == 130
    assert "stopped" in result.stdout
    assert run.folder.video("north").read_bytes() == before
    assert pictures(run.folder.video("south"))  # there was none
    assert not list(run.folder.path.glob(".*"))


def test_what_a_killed_drawing_left_replaces_nothing(run, renumbered):
    left = RunFolder(run.folder.path / ".drawing")
    left.videos.mkdir(parents=True)
    for path in (left.video("south"), left.mosaic):
        path.write_bytes(b"half a video")
    result = command("--run", run.folder.path, "--partial")
    assert result.exit_code == 0, result.output
    after = videos_of(run)
    assert {name for name in after if after[name] != renumbered[name]} == {"north.mp4"}


def test_a_run_is_drawn_by_one_process_at_a_time(run):
    run.draw()
    before = videos_of(run)
    with run.folder.reserved():
        result = command("--run", run.folder.path)
    assert result.exit_code == 5
    assert "another run or rendering is in progress in this folder" in result.stderr
    assert videos_of(run) == before


def test_too_many_cameras_to_be_open_at_once_are_an_error(run, monkeypatch):
    monkeypatch.setattr("app.running.open_files.SPARE", 10**9)
    result = command("--run", run.folder.path)
    assert result.exit_code == 3
    assert result.stderr.startswith("error: 2 cameras: they need ")


@pytest.fixture
def renumbered(run, tmp_path) -> dict[str, bytes]:
    """The videos of a run that was corrected since, and whose southern recording has gone."""
    run.draw()
    assign(run.store, "north", 1, identity_id=2, distance=0.3)
    run.store.set_meta("output", FAST.model_dump())
    run.store.commit()
    (tmp_path / "south.mp4").unlink()
    return videos_of(run)


def videos_of(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.folder.path.rglob("*.mp4")}


def test_with_a_recording_missing_nothing_is_drawn(run, renumbered):
    result = command("--run", run.folder.path)
    assert result.exit_code == 3
    first, second = result.stderr.splitlines()
    assert first.startswith("error: camera south: ")
    assert "no such file" in first
    assert "all videos are unchanged" in second
    assert "--partial" in second
    assert videos_of(run) == renumbered


def test_recordings_that_were_moved_are_drawn(run, renumbered, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "north.mp4").rename(disk / "north.mp4")
    result = command("--run", run.folder.path, "--recordings", disk)
    assert result.exit_code == 3
    assert f"camera south: south.mp4 is not in {disk}" in result.stderr
    assert videos_of(run) == renumbered
    write_recording(disk / "south.mp4", [], frames=10)
    result = command("--run", run.folder.path, "--recordings", disk)
    assert result.exit_code == 0, result.output
    assert framed(run.folder.video("north"), identity_id=2) == [2, 3, 4, 5, 6]


def test_the_other_cameras_are_drawn_if_wanted(run, renumbered):
    result = command("--run", run.folder.path, "--partial")
    assert result.exit_code == 0, result.output
    (line,) = [" ".join(result.stderr.split("Drawing")[0].split())]
    assert "camera south: " in line
    assert "its video and the mosaic are unchanged" in line
    after = videos_of(run)
    assert {name for name in after if after[name] != renumbered[name]} == {"north.mp4"}
    assert framed(run.folder.video("north"), identity_id=2) == [2, 3, 4, 5, 6]


def test_without_any_recording_partial_is_no_way_out(run, renumbered, tmp_path):
    (tmp_path / "north.mp4").unlink()
    result = command("--run", run.folder.path, "--partial")
    assert result.exit_code == 3
    assert [line.split(": ")[1] for line in result.stderr.splitlines()[:2]] == [
        "camera north",
        "camera south",
    ]
    assert "--partial" not in result.stderr
    assert videos_of(run) == renumbered


def test_live_cameras_cannot_be_drawn_again(tmp_path):
    with Store.create(tmp_path) as store:
        store.put_camera(
            Camera(camera_id="a", source="rtsp://a", width=2, height=2, frames=9, live=True)
        )
    result = command("--run", tmp_path)
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
    assert "none of its cameras is a recording" in result.stderr


def test_a_run_that_was_killed_before_its_first_picture(tmp_path):
    with Store.create(tmp_path) as store:
        store.put_camera(Camera(camera_id="a", source="a.mp4", width=2, height=2))
    result = command("--run", tmp_path)
    assert result.exit_code == 3
    assert "the run has read no picture" in result.stderr


def test_a_run_that_is_not_there(tmp_path):
    result = command("--run", tmp_path / "nowhere")
    assert result.exit_code == 4
    assert len(result.stderr.splitlines()) == 1
    assert "nowhere" in result.stderr
