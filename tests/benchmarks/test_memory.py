import av
import pytest
import yaml

from app.frames.recorded import RecordedSource
from benchmarks.memory import loop, table_of, write_config
from tests.app.footage import write_video


def packets(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [p for p in container.demux(stream) if p.dts is not None]
        return [(float(p.pts * stream.time_base), p.dts) for p in found]


@pytest.mark.parametrize("times", [1, 3])
def test_a_looped_video_goes_on_where_it_ended(tmp_path, times):
    clip = write_video(tmp_path / "clip.mp4", [0, 100, 200, 300])
    loop(clip, tmp_path / "looped.mp4", times=times)
    frames = list(RecordedSource("camera", tmp_path / "looped.mp4").frames())
    expected = [0.1 * i for i in range(4 * times)]
    assert [frame.timestamp for frame in frames] == pytest.approx(expected, abs=0.01)
    assert abs(int(frames[-1].image.mean()) - int(frames[3].image.mean())) <= 2


def test_frames_that_are_stored_out_of_order_are_looped(tmp_path, b_frames):
    loop(b_frames, tmp_path / "looped.mp4", times=2)
    shown = sorted(time for time, _ in packets(tmp_path / "looped.mp4"))
    stored = [dts for _, dts in packets(tmp_path / "looped.mp4")]
    assert shown == pytest.approx([0.1 * i for i in range(24)], abs=0.001)
    assert stored == sorted(set(stored))


@pytest.fixture
def b_frames(tmp_path):
    """A video of 12 frames, most of them coded from later ones."""
    path = tmp_path / "b_frames.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.options = {"bf": "3", "b_strategy": "0"}
        for _ in range(12):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    order = [time for time, _ in packets(path)]
    assert order != sorted(order)
    return path


def test_settings_are_kept_and_cameras_are_not(tmp_path):
    cams = tmp_path / "cams.yaml"
    cams.write_text(
        "cameras: [{id: a, source: a.mp4}, {id: b, source: b.mp4}]\n"
        "links: [{from: a, to: b, overlap: true}]\n"
        "detector: {image_size: 320}\n"
    )
    write_config(cams, tmp_path / "clip.mp4", tmp_path / "one.yaml")
    assert yaml.safe_load((tmp_path / "one.yaml").read_text()) == {
        "cameras": [{"id": "camera", "source": str(tmp_path / "clip.mp4")}],
        "detector": {"image_size": 320},
    }


def test_the_table_says_whether_memory_stays_flat():
    flat = {"once": {"peak_mib": 500.0}, "looped": {"peak_mib": 510.0}, "ratio": 1.02, "flat": True}
    grown = flat | {"looped": {"peak_mib": 900.0}, "ratio": 1.8, "flat": False}
    table = table_of({"without video": flat, "with video": grown}, loops=10)
    cells = [list(column.cells) for column in table.columns]
    assert cells[1:] == [["500", "500"], ["510", "900"], ["1.020", "1.800"], ["yes", "no"]]
