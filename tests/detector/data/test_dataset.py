from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.data.dataset import Source, load_samples, read_image, read_labels


def write_image(path, value: int = 100):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((40, 80, 3), value, np.uint8))


@pytest.mark.parametrize(
    ("text", "xyxy", "class_id"),
    [
        pytest.param("", [], [], id="empty"),
        pytest.param("1 0.5 0.5 0.2 0.4\n", [[0.4, 0.3, 0.6, 0.7]], [1], id="one"),
        pytest.param(
            "0 0.1 0.1 0.2 0.2\n\n3 0.9 0.9 0.4 0.4\n",
            [[0, 0, 0.2, 0.2], [0.7, 0.7, 1, 1]],
            [0, 3],
            id="two, one cut at the border",
        ),
    ],
)
def test_labels(tmp_path, text, xyxy, class_id):
    (tmp_path / "a.txt").write_text(text)
    boxes, classes = read_labels(tmp_path / "a.txt")
    assert boxes.dtype == np.float32
    assert classes.dtype == np.int64
    np.testing.assert_allclose(boxes, np.reshape(xyxy, (-1, 4)), atol=1e-6)
    assert classes.tolist() == class_id


@pytest.mark.parametrize("row", ["0 50 50 20 20", "0 0.5 0.5 -0.1 0.2"], ids=["pixels", "minus"])
def test_what_is_no_share_of_the_picture_is_refused(tmp_path, row):
    (tmp_path / "a.txt").write_text(row)
    with pytest.raises(ValueError, match=r"a\.txt: cx, cy, w and h must be fractions of the image"):
        read_labels(tmp_path / "a.txt")


@pytest.mark.parametrize("number", [-1, 4, 7])
def test_classes_of_other_sets_are_refused_but_where_they_mean_nothing(tmp_path, number):
    write_image(tmp_path / "s" / "images" / "a.png")
    (tmp_path / "s" / "labels").mkdir()
    (tmp_path / "s" / "labels" / "a.txt").write_text(f"{number} 0.5 0.5 0.2 0.2\n")
    with pytest.raises(ValueError, match=rf"a\.txt: there is no class {number}; known are 0 car"):
        load_samples(Source(name="s", paths=("s/images",)), [tmp_path], held_out=False)
    boxes = Source(name="s", paths=("s/images",), labelled=False)
    (sample,) = load_samples(boxes, [tmp_path], held_out=False)
    assert sample.class_id.tolist() == [0]
    assert len(sample.xyxy) == 1


def test_suffixes_may_be_written_in_capitals(tmp_path):
    write_image(tmp_path / "s" / "images" / "a.JPG")
    source = Source(name="s", paths=("s/images",))
    assert len(load_samples(source, [tmp_path], held_out=False)) == 1


def test_no_label_file_means_no_vehicle(tmp_path):
    boxes, classes = read_labels(tmp_path / "none.txt")
    assert boxes.shape == (0, 4)
    assert len(classes) == 0


@pytest.mark.parametrize(
    "text",
    [
        "0 0.5 0.5\n",
        "0 0.5 0.5 0.1 0.1\n1 2\n",
        "car 1 2 3 4\n",
        "0 .5 .5 nan .1",
        "0.5 0.5 0.1 0.1 0.9",  # a confidence, and no class
    ],
)
def test_bad_labels_name_the_file(tmp_path, text):
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.txt: expected lines of 'class cx cy w h'"):
        read_labels(tmp_path / "bad.txt")


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_unreadable_pictures(tmp_path, content):
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.jpg is not a readable image"):
        read_image(tmp_path / "x.jpg")
    with pytest.raises(ValueError, match="an encoded frame is not"):
        read_image(content)


def test_folder_with_labels_and_regions_to_ignore(tmp_path):
    write_image(tmp_path / "set" / "frames" / "a.png")
    (tmp_path / "set" / "labels").mkdir()
    (tmp_path / "set" / "labels" / "a.txt").write_text("2 0.5 0.5 0.2 0.2")
    (tmp_path / "set" / "ignore").mkdir()
    (tmp_path / "set" / "ignore" / "a.txt").write_text("17 0.25 0.5 0.5 1.0")
    source = Source(name="s", paths=("*/frames",))
    (sample,) = load_samples(source, [tmp_path], held_out=False)
    assert read_image(sample.image).shape == (40, 80, 3)
    assert sample.class_id.tolist() == [2]
    np.testing.assert_allclose(sample.ignore, [[0, 0, 0.5, 1]])
    assert load_samples(source, [tmp_path], held_out=True) == []


def test_labels_that_are_not_this_projects_are_ignored_or_mended(tmp_path):
    write_image(tmp_path / "set" / "images" / "a.png")
    (tmp_path / "set" / "labels").mkdir()
    # A bus, and a motorcycle at x 0.4 to 0.6, y 0.5 to 0.9, ...
    (tmp_path / "set" / "labels" / "a.txt").write_text("2 0.1 0.1 0.2 0.2\n1 0.5 0.7 0.2 0.4\n")
    (tmp_path / "set" / "ignore").mkdir()
    # ... a person on it, y 0.3 to 0.8, and something else there.
    (tmp_path / "set" / "ignore" / "a.txt").write_text("7 0.5 0.55 0.2 0.5\n5 0.5 0.55 0.3 0.5\n")
    source = Source(name="s", paths=("*/images",), unsure=("bus",), persons=7)
    (sample,) = load_samples(source, [tmp_path], held_out=False)
    assert sample.class_id.tolist() == [1]
    np.testing.assert_allclose(sample.xyxy, [[0.4, 0.3, 0.6, 0.9]], atol=1e-6)
    assert len(sample.ignore) == 3
    np.testing.assert_allclose(sample.ignore[-1], [0, 0, 0.2, 0.2], atol=1e-6)


def test_a_group_is_never_torn_apart(tmp_path):
    for i in range(60):
        write_image(tmp_path / "images" / f"video{i % 12}_{i:03}.png")
    source = Source(name="s", paths=("images",), group=r"/(video\d+)_", held_out=40)
    train = load_samples(source, [tmp_path], held_out=False)
    held = load_samples(source, [tmp_path], held_out=True)

    def videos(samples):
        return {sample.image.stem.split("_")[0] for sample in samples}

    assert len(train) + len(held) == 60
    assert videos(train)
    assert videos(held)
    assert not videos(train) & videos(held)


def test_a_source_may_share_the_split_of_another(tmp_path):
    for i in range(40):
        write_image(tmp_path / "images" / f"{i}.png")

    def held_out(name: str, split_as: str = ""):
        source = Source(name=name, paths=("images",), held_out=30, split_as=split_as)
        return [sample.image.stem for sample in load_samples(source, [tmp_path], held_out=True)]

    assert held_out("blurred", "sharp") == held_out("sharp")
    assert held_out("blurred") != held_out("sharp")


def test_groups_are_those_of_the_original_names(tmp_path):
    for name in ("a", "b", "c"):
        write_image(tmp_path / "images" / f"{name}.png")
    (tmp_path / "origin.tsv").write_text(
        "a\tnight_mp4-1.jpg\nb\tday_mp4-7.jpg\nc\tnight_mp4-2.jpg\n"
    )
    source = Source(name="s", paths=("images",), group=r"^(\w+?)_mp4", held_out_groups=("night",))
    assert [s.image.stem for s in load_samples(source, [tmp_path], held_out=True)] == ["a", "c"]
    assert [s.image.stem for s in load_samples(source, [tmp_path], held_out=False)] == ["b"]


def test_a_camera_whose_frames_lie_in_a_folder_is_a_group(tmp_path):
    for camera in ("gate", "yard"):
        write_image(tmp_path / camera / "frames" / "000000.png")
    source = Source(name="s", paths=("*/frames",), group="^(.+)/", held_out_groups=("yard",))
    for held_out, camera in ((True, "yard"), (False, "gate")):
        (sample,) = load_samples(source, [tmp_path], held_out=held_out)
        assert sample.image.parts[-3] == camera


@pytest.mark.parametrize("held_out", [False, True])
def test_a_group_to_hold_out_that_is_not_there_is_refused(tmp_path, held_out):
    for camera in ("gate", "yard"):
        write_image(tmp_path / camera / "frames" / "000000.png")
    names = ("yard", "yrad")
    source = Source(name="mine", paths=("*/frames",), group="^(.+)/", held_out_groups=names)
    message = "source mine: held_out_groups names 'yrad', .*; its groups are gate, yard$"
    with pytest.raises(ValueError, match=message):
        load_samples(source, [tmp_path], held_out=held_out)
    assert load_samples(source, [tmp_path / "elsewhere"], held_out=held_out) == []


def test_of_many_groups_ten_are_named(tmp_path):
    for i in range(13):
        write_image(tmp_path / "images" / f"{i:02}.png")
    source = Source(name="s", paths=("images",), held_out_groups=("night",))
    with pytest.raises(ValueError, match=r"/08, \S+/09 and 3 more$"):
        load_samples(source, [tmp_path], held_out=True)


def test_frames_of_a_video(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for value in range(20):
        writer.write(np.full((48, 64, 3), value * 10, np.uint8))
    writer.release()
    source = Source(name="s", paths=("*.avi",), labelled=False, every_s=0.5)
    samples = load_samples(source, [tmp_path], held_out=False)
    values = [read_image(s.image).mean() for s in samples]
    np.testing.assert_allclose(values, [0, 50, 100, 150], atol=3)
    assert all(len(s.xyxy) == 0 for s in samples)


def test_a_file_that_is_no_video_is_named(tmp_path):
    (tmp_path / "clip.avi").write_text("no video")
    with pytest.raises(ValueError, match=r"clip\.avi is not a readable video"):
        load_samples(Source(name="s", paths=("*.avi",)), [tmp_path], held_out=False)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"paths": ()}, "paths must name"),
        ({"unsure": ("van",)}, "unsure must be of car, motorcycle, bus, truck, has van"),
        ({"weight": -1}, "weight must not be negative, is -1"),
        ({"weight": float("nan")}, "weight must not be negative, is nan"),
        ({"scale": (2, 1)}, "scale must be 0 < low <= high"),
        ({"background": 1.5}, r"background must be in \[0, 1\], is 1.5"),
        ({"every_s": 0}, "every_s must be positive, is 0"),
        ({"held_out": 101}, "held_out is a percentage"),
        ({"group": "("}, "group is no regular expression: missing"),
        ({"paths": ("/all/*",)}, "paths are relative to the data folders, has '/all/"),
        ({"group": "abc"}, "group must have a capturing group, is 'abc'"),
    ],
)
def test_sources_are_checked(values, message):
    with pytest.raises(ValueError, match=f"source s: {message}"):
        Source(**({"name": "s", "paths": ("images",)} | values))
