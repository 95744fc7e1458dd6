"""Text: rendered inside its line, placed where it hides least."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drawing.labels import draw_text, place_label, text_mask
from app.drawing.palette import BLACK, WHITE
from tests.app.footage import grey

NOTHING = np.zeros((0, 4), np.float32)
PICTURE = 640, 360


def boxes(*xyxy: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(xyxy, np.float32).reshape(-1, 4)


@pytest.mark.parametrize("height", [12, 15, 20, 40])
@pytest.mark.parametrize("text", ["#1", "#12 motorcycle 0.87", "gjpqy|"])
def test_text_fits_its_line(text: str, height: int) -> None:
    mask = text_mask(text, height)
    assert (mask.shape[0], mask.dtype) == (height, np.uint8)
    assert mask.max() > 120
    # Nothing touches the border, so nothing is cut off.
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() < 40


def test_empty_text_is_only_padding() -> None:
    assert text_mask("", 20).max() == 0


def test_drawing_fills_the_strip() -> None:
    image = grey(90)
    draw_text(image, "#1", (5, 8), height=12, color=WHITE, background=BLACK)
    width = text_mask("#1", 12).shape[1]
    strip = image[8:20, 5 : 5 + width]
    assert strip[0].max() < 60
    assert strip.max() > 150
    outside = image.copy()
    outside[8:20, 5 : 5 + width] = 90
    assert (outside == 90).all()


def test_a_translucent_strip_lets_the_picture_through() -> None:
    image = grey(100)
    draw_text(image, " ", (0, 0), height=12, color=WHITE, background=BLACK, opacity=0.25)
    assert tuple(image[5, 2]) == (75, 75, 75)


@pytest.mark.parametrize("corner", [(60, 40), (64, 48), (500, 500)])
@pytest.mark.parametrize("opacity", [0.5, 1.0])
def test_text_over_the_edge_is_cut_off(corner: tuple[int, int], opacity: float) -> None:
    image = grey(90)
    draw_text(image, "#123", corner, height=12, color=WHITE, background=BLACK, opacity=opacity)
    assert image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("box", "occupied", "expected"),
    [
        ((100, 100, 200, 200), [], (100, 80)),
        ((100, 100, 200, 200), [(100, 70, 200, 95)], (100, 200)),
        ((100, 10, 200, 200), [], (100, 200)),
        ((0, 0, 640, 360), [], (0, 0)),
        ((-50, 100, 30, 200), [], (0, 80)),
        ((620, 100, 700, 200), [], (580, 80)),
        ((100, 100, 200, 200), [(90, 60, 300, 99), (90, 201, 300, 260)], (100, 100)),
    ],
    ids=[
        "above",
        "above is taken",
        "no room above",
        "fills the picture",
        "left edge",
        "right edge",
        "above and below are taken",
    ],
)
def test_place(
    box: tuple[float, float, float, float],
    occupied: list[tuple[float, float, float, float]],
    expected: tuple[int, int],
) -> None:
    place = place_label(boxes(box)[0], (60, 20), occupied=boxes(*occupied), image_wh=PICTURE)
    assert place == expected


corners = st.tuples(*[st.floats(-100, 800, width=32)] * 4)


@given(corners, st.lists(corners, max_size=5))
def test_labels_stay_in_the_picture(
    box: tuple[float, float, float, float], others: list[tuple[float, float, float, float]]
) -> None:
    x, y = place_label(boxes(box)[0], (60, 20), occupied=boxes(*others), image_wh=PICTURE)
    assert 0 <= x <= 640 - 60
    assert 0 <= y <= 360 - 20


def test_a_label_larger_than_the_picture_begins_at_its_corner() -> None:
    place = place_label(boxes((1, 1, 5, 5))[0], (60, 20), occupied=NOTHING, image_wh=(10, 8))
    assert place == (0, 0)
