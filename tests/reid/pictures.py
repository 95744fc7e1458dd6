"""Made-up vehicles on disk, in every layout."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np


def paint(identity: int, camera: int, *, size: int = 40) -> np.ndarray:
    """A striped square whose colour tells the vehicle and whose brightness the camera."""
    rng = np.random.default_rng(identity)
    image = np.empty((size, size, 3), np.uint8)
    image[:] = rng.integers(40, 200, 3)
    image[:: int(rng.integers(3, 9))] = rng.integers(40, 200, 3)
    return np.clip(image.astype(int) + 12 * camera, 0, 255).astype(np.uint8)


def write(path: Path, identity: int, camera: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), paint(identity, camera))
    return path


def write_folder(root: Path, identities: Sequence[int], cameras: int = 2) -> Path:
    for identity in identities:
        for camera in range(cameras):
            write(root / f"v{identity:03d}" / f"cam{camera}_0.jpg", identity, camera)
    return root


def write_khoa(root: Path, splits: dict[str, Sequence[int]]) -> Path:
    for split, identities in splits.items():
        names = [f"car_{i:04d}_cam{c}.jpg" for i in identities for c in (1, 2)]
        for name in names:
            write(root / "images" / "train" / name, int(name[4:8]), int(name[12]))
        (root / f"{split}.txt").write_text("\n".join(names) + "\n")
    return root


def write_rendered(root: Path, identities: Sequence[int], cameras: int = 2) -> Path:
    lines = ["file,id,camera,frame_index,model,colour"]
    for identity in identities:
        for camera in range(cameras):
            name = f"{root.name}_{identity}_cam{camera}_0001.jpg"
            write(root / "crops" / name, identity, camera)
            model, colour = ("sedan", "bus")[identity % 2], ("red", "blue")[identity // 2 % 2]
            lines.append(f"{name},{root.name}_{identity},cam{camera},1,{model},{colour}")
    (root / "crops.csv").write_text("\n".join(lines) + "\n")
    return root
