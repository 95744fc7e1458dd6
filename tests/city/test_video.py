import av
import numpy as np
import pytest
from av.video.frame import PictureType

from app.frames.recorded import RecordedSource
from city.video import VideoFile

SIZE_WH = (160, 120)


def write(path, times, size_wh=SIZE_WH):
    width, height = size_wh
    with VideoFile(path, size_wh, frame_rate=10, crf=23) as video:
        for index, time in enumerate(times):
            image = np.full((height, width, 3), 40 + 20 * index, np.uint8)
            image[:, : width // 2, 2] = 200
            video.write(image, time)


def test_it_is_read_back_at_the_times_of_the_pictures(tmp_path):
    times = [0.0, 0.1, 0.2, 0.5, 0.6, 1 / 1.5]
    write(tmp_path / "a.mp4", times)
    source = RecordedSource("a", tmp_path / "a.mp4")
    frames = list(source.frames())
    source.close()
    assert [f.timestamp for f in frames] == pytest.approx(times, abs=1e-4)
    assert frames[3].image.shape == (120, 160, 3)
    np.testing.assert_allclose(frames[3].image[60, 140], [100, 100, 100], atol=4)
    np.testing.assert_allclose(frames[3].image[60, 20], [100, 100, 200], atol=4)


def test_the_same_pictures_give_the_same_video(tmp_path):
    videos = []
    for name in ("a", "b"):
        write(tmp_path / f"{name}.mp4", [0.0, 0.1, 0.2])
        source = RecordedSource(name, tmp_path / f"{name}.mp4")
        videos.append([frame.image.astype(int) for frame in source.frames()])
        source.close()
    assert np.abs(np.array(videos[0]) - videos[1]).max() <= 3


def test_there_are_no_b_frames_whose_choice_varies_between_runs(tmp_path):
    write(tmp_path / "a.mp4", [k / 10 for k in range(10)])
    with av.open(str(tmp_path / "a.mp4")) as container:
        types = [PictureType(frame.pict_type).name for frame in container.decode(video=0)]
    assert set(types) == {"I", "P"}


def test_any_name_will_do(tmp_path):
    write(tmp_path / "a.mp4.part", [0.0])
    with av.open(str(tmp_path / "a.mp4.part")) as container:
        assert container.streams.video[0].frames == 1


def test_bad_sizes(tmp_path):
    with pytest.raises(ValueError, match="size_wh must be even"):
        VideoFile(tmp_path / "a.mp4", (161, 120), frame_rate=10, crf=23)
    with (
        VideoFile(tmp_path / "b.mp4", SIZE_WH, frame_rate=10, crf=23) as video,
        pytest.raises(ValueError, match="image must have shape"),
    ):
        video.write(np.zeros((8, 8, 3), np.uint8), 0.0)
