from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from app.evaluation.error_sheet import MOST_ERRORS, write_error_sheet
from app.storage.store import Store
from tests.app.stores import city_store
from tracking.evaluation.identity_errors import IdentityErrors, Passage, identity_errors

# In `city_store`, identity 1 is in the north and the south, 2 in the north, 3 in the south; its
# sightings last from frame 3 to frame 23, counted from 0.
SPLIT = [Passage("north", 8, 1, 20, 4, 24), Passage("south", 8, 3, 10, 4, 24)]
MERGED = [Passage("north", 9, 2, 20, 4, 24), Passage("south", 7, 2, 10, 4, 24)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return city_store(tmp_path)


def drawn(store: Store, passages: list[Passage], path: Path) -> tuple[int, int]:
    assert write_error_sheet(store, identity_errors(passages), path)
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture.shape[:2]


def test_without_errors_there_is_no_picture(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "sheet.jpg"
    path.write_bytes(b"of an older evaluation")
    assert not write_error_sheet(store, IdentityErrors((), ()), path)
    assert not path.exists()


@pytest.mark.parametrize(
    "passages", [SPLIT, MERGED, SPLIT + MERGED], ids=["split", "merged", "both"]
)
def test_errors_are_shown(store: Store, tmp_path: Path, passages: list[Passage]) -> None:
    path = tmp_path / "sheet.jpg"
    height, width = drawn(store, passages, path)
    assert height > 100
    assert width > 200
    picture = cv2.imread(str(path))
    # The vehicles of the test store are orange: blue is weak where they are, but not on the page.
    assert picture is not None
    assert (picture[:, :, 0] < 80).mean() > 0.05


def test_only_the_worst_are_shown(store: Store, tmp_path: Path) -> None:
    one = drawn(store, SPLIT, tmp_path / "one.jpg")
    many = [
        Passage(p.camera_id, 100 + n, p.identity, p.boxes, p.first_frame, p.last_frame)
        for n in range(MOST_ERRORS + 5)
        for p in SPLIT
    ]
    errors = IdentityErrors(identity_errors(many).split, ())
    write_error_sheet(store, errors, tmp_path / "many.jpg")
    picture = cv2.imread(str(tmp_path / "many.jpg"))
    assert picture is not None
    assert len(picture) == MOST_ERRORS * one[0]


def test_a_part_without_a_picture_stays_blank(store: Store, tmp_path: Path) -> None:
    lost = [Passage("north", 8, 1, 20, 4, 24), Passage("north", 8, 55, 20, 4, 24)]
    assert drawn(store, lost, tmp_path / "sheet.jpg")[1] > 200
