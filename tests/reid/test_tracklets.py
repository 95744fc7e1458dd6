from pathlib import Path

import av
import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from reid import tracklets
from reid.tracklets import choose, group, is_whole, link, read_boxes, write_crops
from tests.detector.footage import damage


def moving(frames: int, x: float, speed: float) -> dict[int, np.ndarray]:
    return {
        f: np.array([[x + speed * f, 0, x + speed * f + 50, 50]], np.float32)
        for f in range(1, frames + 1)
    }


def test_two_vehicles_stay_apart():
    left, right = moving(4, 0, 10), moving(4, 200, -10)
    boxes = {f: np.concatenate([left[f], right[f]][:: 1 if f % 2 else -1]) for f in left}
    assert link(boxes) == [
        [(1, 0), (2, 1), (3, 0), (4, 1)],
        [(1, 1), (2, 0), (3, 1), (4, 0)],
    ]


@pytest.mark.parametrize(
    ("boxes", "count"),
    [
        ({}, 0),
        (moving(1, 0, 0), 1),
        (moving(3, 0, 45), 3),
        ({1: moving(1, 0, 0)[1], 3: moving(1, 0, 0)[1]}, 2),
    ],
    ids=["none", "one", "too fast", "gap"],
)
def test_number_of_tracklets(boxes, count: int):
    assert len(link(boxes)) == count


def test_boxes_of_an_id_belong_together():
    ids = {1: np.array([7, 3]), 2: np.array([3]), 9: np.array([7])}
    assert group(ids) == [[(1, 1), (2, 0)], [(1, 0), (9, 0)]]


def test_vehicles_at_the_border_may_be_cut_off():
    boxes = [[3, 3, 97, 47], [2, 3, 50, 40], [3, 3, 98, 47], [3, 3, 97, 48]]
    assert (
        is_whole(np.array(boxes, np.float32), width=100, height=50).tolist() == [True] + [False] * 3
    )


def test_the_best_overlap_wins():
    boxes = {
        1: np.array([[0, 0, 50, 50]], np.float32),
        2: np.array([[20, 0, 70, 50], [2, 0, 52, 50]], np.float32),
    }
    assert link(boxes) == [[(1, 0), (2, 1)], [(2, 0)]]


@pytest.mark.parametrize(
    ("length", "count", "expected"),
    [(1, 3, [0]), (2, 3, [0, 1]), (10, 3, [0, 4, 9]), (5, 2, [0, 4])],
)
def test_choice_is_even(length: int, count: int, expected: list[int]):
    assert choose([(i, 0) for i in range(length)], count) == [(i, 0) for i in expected]


@pytest.fixture
def clip(tmp_path: Path) -> tuple[Path, Path]:
    """Six frames of a white square on black, and its boxes."""
    video, labels = tmp_path / "my_clip.mp4", tmp_path / "boxes.txt"
    lines = []
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for index in range(6):
            image = np.zeros((64, 128, 3), np.uint8)
            image[8:56, 8 * index + 4 : 8 * index + 52] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
            lines.append(f"{index + 1},-1,{8 * index + 4},8,48,48,1,0,-1")
        container.mux(stream.encode())
    lines.append("1,-1,100,0,10,10,1,0,-1")  # too small
    labels.write_text("\n".join(lines))
    return video, labels


def test_crops_of_a_clip(clip: tuple[Path, Path], tmp_path: Path):
    assert write_crops(*clip, tmp_path / "out", per_tracklet=3) == 1
    files = sorted(p.relative_to(tmp_path / "out") for p in (tmp_path / "out").rglob("*.jpg"))
    assert [str(f) for f in files] == [
        f"my-clip-00000/my-clip_{frame:06d}.jpg" for frame in (1, 3, 6)
    ]


def test_a_damaged_clip_is_named_in_one_line(
    clip: tuple[Path, Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    damage(clip[0], 5)
    assert write_crops(*clip, tmp_path / "out", per_tracklet=6) == 1
    line = f"{clip[0]}: 1 of 6 frames are missing or damaged"
    assert [record.getMessage() for record in caplog.records] == [line]
    assert capfd.readouterr().err == ""  # libav writes there unless silenced


def test_shared_ids_name_the_identities(clip: tuple[Path, Path], tmp_path: Path):
    video, labels = clip
    with pytest.raises(ValueError, match="no ids to share"):
        write_crops(video, labels, tmp_path, per_tracklet=2, shared_ids=True)
    labels.write_text(labels.read_text().replace(",-1,", ",37,", 6).replace("1,-1,", "1,2,"))
    assert write_crops(video, labels, tmp_path / "o", per_tracklet=2, shared_ids=True) == 1
    files = sorted(str(p.relative_to(tmp_path / "o")) for p in (tmp_path / "o").rglob("*.jpg"))
    assert files == ["00037/my-clip_000001.jpg", "00037/my-clip_000006.jpg"]


@pytest.mark.parametrize("number", [-1, 37], ids=["tracklets", "shared ids"])
def test_crops_of_other_labels_do_not_mix(clip: tuple[Path, Path], tmp_path: Path, number: int):
    video, labels = clip
    labels.write_text(labels.read_text().replace(",-1,", f",{number},", 6).replace("1,-1,", "1,2,"))
    options = {"per_tracklet": 2, "shared_ids": number >= 0}
    write_crops(video, labels, tmp_path / "out", **options)
    with pytest.raises(ValueError, match=r"my-clip_000001\.jpg is there already"):
        write_crops(video, labels, tmp_path / "out", **options)
    other = video.rename(tmp_path / "my_clip_2.mp4")
    assert write_crops(other, labels, tmp_path / "out", **options) == 1


def test_command(clip: tuple[Path, Path], tmp_path: Path):
    app = Typer()
    app.command()(tracklets.main)
    runner, out = CliRunner(), str(tmp_path / "out")
    result = runner.invoke(app, [str(clip[0]), str(clip[1]), "--out", out])
    assert result.exit_code == 0
    assert "1 identity from my_clip.mp4" in result.output
    result = runner.invoke(app, [str(clip[0]), str(tmp_path / "none.txt"), "--out", out])
    assert result.exit_code == 2


def test_bad_files_are_named(clip: tuple[Path, Path], tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"none\.txt not found"):
        read_boxes(tmp_path / "none.txt")
    text = tmp_path / "prose.txt"
    text.write_bytes(b"\xff\xfe1")
    with pytest.raises(ValueError, match="is not a MOT-style file"):
        read_boxes(text)
    with pytest.raises(FileNotFoundError, match=r"none\.mp4 not found"):
        write_crops(tmp_path / "none.mp4", clip[1], tmp_path / "out", per_tracklet=3)


@pytest.mark.parametrize(
    "line",
    ["no numbers here", "1,1,0,0,50", "0,1,0,0,50,50", "1,1,0,0,nan,50", "1,1,0,0,50,-50"],
    ids=["prose", "short", "frame 0", "not finite", "no height"],
)
def test_boxes_that_cannot_be_are_named_by_line(tmp_path: Path, line: str):
    text = tmp_path / "boxes.txt"
    text.write_text(f"\ufeff1,1,0,0,50,50\n\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"boxes\.txt:3: expected frame"):
        read_boxes(text)


def test_an_id_is_once_in_a_frame(clip: tuple[Path, Path], tmp_path: Path):
    clip[1].write_text("1,7,0,0,50,50\n1,7,9,9,50,50\n")
    with pytest.raises(ValueError, match="twice in frame 1"):
        write_crops(*clip, tmp_path / "out", per_tracklet=2)


def test_only_what_was_written_is_counted(clip: tuple[Path, Path], tmp_path: Path):
    frames = [(frame, 7) for frame in range(1, 7)] + [(frame, 8) for frame in range(50, 60)]
    clip[1].write_text("".join(f"{frame},{number},20,8,48,48\n" for frame, number in frames))
    assert write_crops(*clip, tmp_path / "out", per_tracklet=2) == 1


def test_labels_of_a_longer_clip_are_named(clip: tuple[Path, Path], tmp_path: Path):
    clip[1].write_text("".join(f"{frame},7,20,8,48,48\n" for frame in range(50, 60)))
    with pytest.raises(ValueError, match=r"boxes\.txt: its frames 50 to 59 are not in .*my_clip"):
        write_crops(*clip, tmp_path / "out", per_tracklet=2)


def test_a_file_in_the_way_of_the_crops(clip: tuple[Path, Path]):
    app = Typer()
    app.command()(tracklets.main)
    arguments = [str(clip[0]), str(clip[1]), "--out", str(clip[0] / "crops")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "my_clip.mp4 must be a folder" in result.output.replace("\n", "")
