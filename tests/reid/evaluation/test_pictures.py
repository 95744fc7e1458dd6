from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.evaluation.metrics import Gallery
from reid.evaluation.pictures import plot_training, ranking_sheet

GREEN, RED = (70, 170, 60), (50, 50, 220)


def gallery(vectors, identity, camera) -> Gallery:
    return Gallery(
        np.array(vectors, np.float32).reshape(len(identity), -1),
        np.array(identity, np.int64),
        np.array(camera, np.int64),
    )


def pictures(count: int) -> np.ndarray:
    return np.full((count, 20, 20, 3), 255, np.uint8)


def borders(sheet: np.ndarray, row: int, columns: int) -> list[tuple[int, ...]]:
    """Colours of the frames of a row's items."""
    return [tuple(sheet[row * 96 + 1, 96 + 12 + 96 * i + 1].tolist()) for i in range(columns)]


def test_right_ones_are_green_and_the_own_camera_is_left_out():
    query = gallery([0], [1], [0])
    items = gallery([0.1, 1, 2, 3], [1, 2, 1, 3], [0, 1, 1, 1])
    sheet = ranking_sheet(query, items, (pictures(1), pictures(4)), top=3)
    assert sheet.shape == (96, 96 + 12 + 3 * 96, 3)
    assert borders(sheet, 0, 3) == [RED, GREEN, RED]


def test_queries_without_a_match_are_not_drawn_and_short_galleries_leave_gaps():
    query = gallery([0, 5], [1, 9], [0, 0])
    items = gallery([1, 2], [1, 2], [1, 1])
    sheet = ranking_sheet(query, items, (pictures(2), pictures(2)), top=4)
    assert sheet.shape[0] == 96
    assert borders(sheet, 0, 4) == [GREEN, RED, (255, 255, 255), (255, 255, 255)]


def test_nothing_to_draw_is_a_blank():
    none = np.zeros(0, np.int64)
    empty = Gallery(np.zeros((0, 1), np.float32), none, none)
    assert (ranking_sheet(empty, empty, (pictures(0), pictures(0))) == 255).all()


@pytest.mark.parametrize("validated", [True, False], ids=["with mAP", "without"])
def test_the_training_plot_is_a_picture(tmp_path: Path, validated: bool):
    lines = ["step,loss,val/x mAP", "10,3.5,0.2", "20,2.5,0.4"]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(lines if validated else [x.rpartition(",")[0] for x in lines]))
    plot_training(log, tmp_path / "plot.png")
    assert cv2.imread(str(tmp_path / "plot.png")) is not None
