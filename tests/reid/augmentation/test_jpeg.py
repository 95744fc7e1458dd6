import cv2
import numpy as np
import pytest
import torch

from reid.augmentation import jpeg


def picture(height: int, width: int) -> np.ndarray:
    """A smooth picture with edges and a little noise, uint8 BGR."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3)).astype(np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(float)
    image[height // 3 : height // 2, width // 4 : width // 2] = (200, 30, 60)
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    images = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    out = jpeg.compress(images, torch.tensor([float(quality)]))
    return out[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("size", [(64, 96), (50, 37)], ids=str)
@pytest.mark.parametrize("quality", [25, 49, 50, 75, 95])
def test_it_loses_what_libjpeg_loses(size: tuple[int, int], quality: int):
    image = picture(*size)
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    wanted = cv2.imdecode(encoded, cv2.IMREAD_COLOR).astype(float)
    apart = np.abs(compressed(image, quality) - wanted).mean()
    assert apart < 2
    assert apart < 0.35 * np.abs(wanted - image).mean()


def test_a_grey_picture_stays():
    # Its only coefficient is the first, and 8 × (144 - 128) is a multiple of 16 at quality 50.
    image = np.full((16, 16, 3), 144, np.uint8)
    np.testing.assert_allclose(compressed(image, 50), image, atol=1e-3)


def test_every_picture_has_its_own_quality():
    image = picture(32, 32)
    images = torch.from_numpy(image).permute(2, 0, 1).float().expand(2, -1, -1, -1)
    both = jpeg.compress(images, torch.tensor([25.0, 95.0]))
    lost = (both - images).abs().mean(dim=(1, 2, 3))
    assert lost[0] > 2 * lost[1]
    assert jpeg.compress(images[:0], torch.empty(0)).shape == (0, 3, 32, 32)
