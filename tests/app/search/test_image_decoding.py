"""Image files as investigators have them: from phones, screenshots, infrared cameras."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.errors import SourceError
from app.search.image_decoding import decode_image, has_colour

QUERIES = Path(__file__).parents[3] / "sample_videos" / "queries"


def encoded(image: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "a.jpg: not a readable image", id="empty"),
        pytest.param(b"hello", "a.jpg: not a readable image", id="text"),
        pytest.param(
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "a.jpg: HEIC images .* save it as JPEG",
            id="HEIC",
        ),
        pytest.param(b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "a.jpg: not a readable", id="video"),
        pytest.param(b"P5 40000 40000 255\n", "a.jpg: .* too large: at most 200", id="too large"),
    ],
)
def test_what_is_no_image_is_said_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=f"^{said}") as caught:
        decode_image(content, name="a.jpg")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("side", "refused"), [(14_142, False), (14_143, True)])
def test_a_large_image_is_refused_by_its_header(side: int, refused: bool) -> None:
    # In a process of its own, as the commands are: here, somebody may have loaded OpenCV before.
    decode = (
        "from app.search.image_decoding import decode_image\n"
        f"decode_image(b'P5 {side} {side} 255\\n', name='a.jpg')"
    )
    done = subprocess.run([sys.executable, "-c", decode], capture_output=True, text=True)
    # There is nothing beyond the header.
    told = (
        "a.jpg: the image is too large: at most 200 million pixels" if refused else "not a readable"
    )
    assert told in done.stderr


def test_an_image_is_decoded() -> None:
    image = np.full((20, 30, 3), (10, 20, 30), np.uint8)
    assert (decode_image(encoded(image, ".png"), name="a.png") == image).all()


@pytest.mark.parametrize("name", ["q01", "q02", "q03", "q04", "q05", "q06", "q07", "q08"])
def test_images_in_colour_and_what_is_left_of_them_without(name: str) -> None:
    image = cv2.imread(str(QUERIES / f"{name}.jpg"))
    assert has_colour(image)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert not has_colour(grey)
    # A frame of an infrared camera, encoded as one in colour that has a faint tint.
    tinted = np.clip(grey + np.array([3, 0, -2]), 0, 255).astype(np.uint8)
    assert not has_colour(decode_image(encoded(tinted, ".jpg"), name="a.jpg"))


def test_a_coloured_clock_in_the_corner_makes_no_image_coloured() -> None:
    grey = np.full((480, 640, 3), 90, np.uint8)
    cv2.putText(grey, "08:30", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 255, 255), 2)
    assert not has_colour(grey)
