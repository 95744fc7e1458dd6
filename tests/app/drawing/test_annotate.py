"""Drawing: what appears where, and what stays untouched."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drawing.annotate import AnnotatedBox, annotate, clock_text
from app.drawing.palette import BLACK, GREY, WHITE, identity_color, text_color
from tests.app.footage import grey


def box(*xyxy: float, **of: object) -> AnnotatedBox:
    return AnnotatedBox(xyxy=np.array(xyxy, np.float32), **of)  # type: ignore[arg-type]


def drawn(*boxes: AnnotatedBox, height: int = 360, width: int = 640, level: int = 90) -> np.ndarray:
    image = grey(level, width=width, height=height)
    return annotate(image, boxes, camera_name="cam", timestamp=1.0)


def changed(boxes: list[AnnotatedBox]) -> np.ndarray:
    """Return where the boxes alone change the picture."""
    return (drawn(*boxes) != drawn()).any(axis=2)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (0.0, "0:00:00.0"),
        (0.04, "0:00:00.0"),
        (12.3, "0:00:12.3"),
        (0.1 + 0.2, "0:00:00.3"),
        (12.3 - 1e-9, "0:00:12.3"),
        (59.96, "0:00:59.9"),
        (3723.5, "1:02:03.5"),
        (100_000.0, "27:46:40.0"),
        (-1.5, "-0:00:01.5"),
        (1777883412.3, "2026-05-04 08:30:12.3 UTC"),
        (1777883412.99, "2026-05-04 08:30:12.9 UTC"),
    ],
)
def test_clock(timestamp: float, expected: str) -> None:
    assert clock_text(timestamp) == expected


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({}, ""),
        ({"class_name": "car", "confidence": 0.9}, ""),
        ({"identity_id": 7}, "#7"),
        ({"identity_id": 7, "class_name": "bus"}, "#7 bus"),
        ({"identity_id": 7, "class_name": "bus", "confidence": 0.876}, "#7 bus 0.88"),
        ({"identity_id": 7, "confidence": 1.0}, "#7 1.00"),
    ],
)
def test_labels(of: dict[str, object], expected: str) -> None:
    assert box(0, 0, 1, 1, **of).label == expected


def test_wrong_boxes_are_refused() -> None:
    with pytest.raises(ValueError, match="xyxy must have shape"):
        AnnotatedBox(xyxy=np.zeros((1, 4), np.float32))
    with pytest.raises(ValueError, match="trail must be float32"):
        AnnotatedBox(xyxy=np.zeros(4, np.float32), trail=np.zeros((0, 2)))  # type: ignore[arg-type]


def test_the_picture_itself_is_not_drawn_on() -> None:
    image = grey(90)
    result = annotate(image, [box(5, 5, 40, 40, identity_id=1)], camera_name="a", timestamp=0.0)
    assert (image == 90).all()
    assert (result.shape, result.dtype) == (image.shape, np.uint8)


def test_an_identity_has_its_colour_on_its_border() -> None:
    picture = drawn(box(100, 100, 200, 180, identity_id=5))
    assert tuple(picture[140, 100]) == identity_color(5)
    assert tuple(picture[140, 199]) == identity_color(5)  # half-open: the last column inside
    assert tuple(picture[140, 150]) == (90, 90, 90)


def test_an_unidentified_box_is_thin_and_grey_and_has_no_label() -> None:
    where = changed([box(100, 100, 200, 180)])
    assert tuple(drawn(box(100, 100, 200, 180))[100, 150]) == GREY
    assert where.sum() == 2 * 100 + 2 * 80 - 4


def test_a_trail_is_drawn_for_identities_only() -> None:
    trail = np.array([[300, 300], [400, 300]], np.float32)
    at = 100, 100, 120, 120
    with_trail = drawn(box(*at, identity_id=3, trail=trail))
    assert tuple(with_trail[300, 350]) == identity_color(3)
    assert tuple(drawn(box(*at, trail=trail))[300, 350]) == (90, 90, 90)
    one_point = drawn(box(*at, identity_id=3, trail=trail[:1]))
    assert tuple(one_point[300, 300]) == (90, 90, 90)


def test_a_near_vehicle_lies_over_a_far_one() -> None:
    far, near = box(100, 100, 200, 200, identity_id=1), box(150, 150, 250, 250, identity_id=2)
    assert (drawn(far, near) == drawn(near, far)).all()
    # The near one's left edge crosses the far one's bottom edge at (150, 199).
    assert tuple(drawn(far, near)[199, 150]) == identity_color(2)


def test_the_caption_is_in_the_corner_and_moves_with_the_clock() -> None:
    image = grey(90, width=640, height=360)
    pictures = [annotate(image, [], camera_name="cam", timestamp=t) for t in (1.0, 1.1)]
    assert (pictures[0] != 90).any(axis=2)[:20, :100].any()
    assert not (pictures[0] != 90).any(axis=2)[40:].any()
    assert (pictures[0] != pictures[1]).any()


edges = st.floats(-200, 900, width=32)


@given(st.lists(st.tuples(edges, edges, edges, edges), max_size=5))
def test_boxes_anywhere_are_drawn(corners: list[tuple[float, float, float, float]]) -> None:
    boxes = [box(*xyxy, identity_id=i, class_name="car") for i, xyxy in enumerate(corners)]
    assert drawn(*boxes).shape == (360, 640, 3)


@pytest.mark.parametrize("size", [(1, 1), (16, 9), (48, 64), (1080, 1920)], ids=str)
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    height, width = size
    picture = drawn(box(0, 0, width, height, identity_id=1), height=height, width=width)
    assert picture.shape == (height, width, 3)


@pytest.mark.parametrize(("height", "line"), [(360, 2), (540, 2), (1080, 4), (2160, 7)])
def test_lines_grow_with_the_picture(height: int, line: int) -> None:
    picture = drawn(box(50, 100, 200, 300, identity_id=1), height=height, width=400)
    left_edge = picture[200, 20:120]
    assert (left_edge == identity_color(1)).all(axis=1).sum() == line


def test_colours_are_the_same_everywhere_and_differ_between_neighbours() -> None:
    colors = [identity_color(i) for i in range(64)]
    assert colors == [identity_color(i) for i in range(64)]
    assert len(set(colors)) == 64
    for a, b in itertools.pairwise(colors):
        assert max(abs(x - y) for x, y in zip(a, b, strict=True)) > 60


@given(st.integers(0, 10**9))
def test_text_can_be_read_on_every_colour(identity_id: int) -> None:
    color = identity_color(identity_id)
    assert all(0 <= channel <= 255 for channel in color)
    assert text_color(color) in (BLACK, WHITE)
    brightness = sum(color) / 3
    if brightness > 200:
        assert text_color(color) == BLACK
