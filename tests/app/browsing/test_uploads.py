from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.browsing.uploads import MOST, Uploads, boxed, unboxed
from app.errors import QueryError, SourceError


def image_file(value: int) -> bytes:
    return bytes(cv2.imencode(".png", np.full((40, 60, 3), value, np.uint8))[1])


def test_the_latest_pictures_are_kept() -> None:
    uploads = Uploads()
    keys = [uploads.add(f"{value}.png", image_file(value)) for value in range(MOST)]
    assert len(set(keys)) == MOST
    # Once more: it is the latest again.
    assert uploads.add("again.png", image_file(0)) == keys[0]
    uploads.add("another.png", image_file(200))
    assert uploads[keys[0]].name == "again.png"
    assert uploads[keys[2]].picture.image.mean() == 2
    with pytest.raises(QueryError, match=f"picture {keys[1]}: .* upload it again"):
        uploads[keys[1]]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7"])
def test_what_is_no_image_is_not_kept(content: bytes) -> None:
    with pytest.raises(SourceError, match=r"notes\.pdf: not a readable image"):
        Uploads().add("notes.pdf", content)


def test_a_box_is_part_of_the_name() -> None:
    uploads = Uploads()
    key = uploads.add("street.png", image_file(1))
    name = boxed(key, np.array([10, 5, 30, 70], np.float32))
    # Of what is beyond the picture nothing is left.
    assert unboxed(name, uploads[key].picture).tolist() == [10, 5, 30, 40]


@pytest.mark.parametrize("box", ["", "1,2,3", "a,b,c,d", "1,2,3,4,5", "100,5,10,10", "5,5,0,9"])
def test_boxes_that_are_none(box: str) -> None:
    uploads = Uploads()
    key = uploads.add("street.png", image_file(1))
    with pytest.raises(QueryError, match="box"):
        unboxed(f"{key}@{box}", uploads[key].picture)
