"""Training images from folders and videos, by a description that is a part of the configuration.

Layout: a source names image folders (or videos) by a glob relative to the data folders. Beside each
image folder `images` or `frames` lie `labels` and, where there is one, `ignore`, with a text file
of the same stem per image: lines `class cx cy w h`, normalised, as in YOLO. `origin.tsv` beside
them, where it exists, gives the original file names, by which frames of one video are kept together
when a part is held out. Videos have their truth beside them (`detector.data.video_truth`), or none.

Sets differ in what they call a bus and in whether a motorcycle's box holds its rider; a source says
where its labels are not this project's, and what is left of them is.
"""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import cv2
import numpy as np

from detector.data.video_truth import read_video_truth
from detector.files.video_file import VideoFile
from detector.inference.riders import with_riders
from detector.truth import Truth
from detector.types import CLASS_NAMES, Detections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_VIDEO_SUFFIXES: Final = (".mp4", ".avi", ".mkv")
_MEMORY_JPEG_QUALITY: Final = 95
_NAMED: Final = 10
"""Groups that an error names at most."""
_LARGEST_SHARE: Final = 2.0
"""Of the image: what is beyond was certainly written in pixels, not only rounded or cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A set of images of one kind.

    Attributes:
        name: How it is called in logs and tables.
        paths: Globs of image folders or videos, relative to the data folders.
        labelled: Whether it has boxes with classes; otherwise only the teacher teaches on it.
        complete: Whether every vehicle is labelled; otherwise places where the teacher sees a
            vehicle and the labels have none are not learned as background.
        taught: Whether the teacher's outputs are learned beside the labels; without labels they
            always are.
        unsure: Classes whose labels are unreliable here, and become regions to ignore.
        persons: Class id by which `ignore` holds people, who then ride the motorcycles labelled
            without them (`detector.inference.riders`).
        weight: Share of a batch that is drawn from it, relative to the other sources.
        scale: Range of the random zoom, relative to the image at 640 pixels long side.
        background: Share of its views that are cut where no vehicle is labelled: façades, fences
            and empty roads, which views around vehicles seldom show whole.
        night: Share of its views that are turned into nights (`detector.training.nightfall`); the
            teacher's outputs are not learned on these.
        every_s: Seconds between the frames taken from a video.
        group: Regular expression on the original file name or, where that is not known, on
            "FOLDER/STEM" with the folder around `images` or `frames`, or on a video's stem; its
            first group names what must not be torn apart by the split (a video, an image and its
            augmented copies).
        held_out: Percentage of groups that are kept for validation, chosen by a hash of their name.
        held_out_groups: Groups that are kept for validation by name; all are there, where any file
            of the source is.
        split_as: Name of the source whose split this one shares, being of the same files, such as
            a blurred copy for validation; empty for a split of its own.
        condition: Night, rain, …: validation reports sources of one condition together.
        blur_px: Standard deviation, in an image's own pixels, of the Gaussian blur that validation
            puts on it: a camera out of focus.
        min_visibility: Vehicles of a rendered video of which a smaller share shows are ignored:
            nobody could say where they end.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    paths: tuple[str, ...]
    labelled: bool = True
    complete: bool = True
    taught: bool = False
    unsure: tuple[str, ...] = ()
    persons: int | None = None
    weight: float = 1.0
    scale: tuple[float, float] = (0.45, 1.4)
    background: float = 0.0
    night: float = 0.0
    every_s: float = 0.5
    group: str = "(.+)"
    held_out: int = 0
    held_out_groups: tuple[str, ...] = ()
    split_as: str = ""
    condition: str = ""
    blur_px: float = 0.0
    min_visibility: float = 0.2

    def __post_init__(self) -> None:
        """Check the values."""
        if not self.paths:
            raise ValueError(f"source {self.name}: paths must name at least one glob")
        if unknown := set(self.unsure) - set(CLASS_NAMES):
            raise ValueError(
                f"source {self.name}: unsure must be of {', '.join(CLASS_NAMES)}, has "
                f"{', '.join(sorted(unknown))}"
            )
        if not 0 <= self.weight < math.inf:
            raise ValueError(f"source {self.name}: weight must not be negative, is {self.weight}")
        if not 0 < self.scale[0] <= self.scale[1]:
            raise ValueError(f"source {self.name}: scale must be 0 < low <= high, is {self.scale}")
        for name in ("background", "night"):
            if not 0 <= (share := getattr(self, name)) <= 1:
                raise ValueError(f"source {self.name}: {name} must be in [0, 1], is {share}")
        if self.night and not self.labelled:
            raise ValueError(
                f"source {self.name}: night needs labels, for a teacher sees little in the dark"
            )
        if self.every_s <= 0:
            raise ValueError(f"source {self.name}: every_s must be positive, is {self.every_s}")
        if self.blur_px < 0:
            raise ValueError(f"source {self.name}: blur_px must be 0 or more, is {self.blur_px}")
        if not 0 <= self.held_out <= 100:
            raise ValueError(
                f"source {self.name}: held_out is a percentage in [0, 100], is {self.held_out}"
            )
        if absolute := [glob for glob in self.paths if not glob or Path(glob).is_absolute()]:
            raise ValueError(
                f"source {self.name}: paths are relative to the data folders, has {absolute[0]!r}"
            )
        try:
            groups = re.compile(self.group).groups
        except re.error as error:
            raise ValueError(
                f"source {self.name}: group is no regular expression: {error}"
            ) from error
        if groups < 1:
            raise ValueError(
                f"source {self.name}: group must have a capturing group, is {self.group!r}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One image and its labels.

    Attributes:
        image: The file, or its encoded bytes.
        source: The set that it belongs to.
        xyxy: float32 (N, 4), boxes normalised by width and height.
        class_id: int64 (N,), index into `CLASS_NAMES`.
        ignore: float32 (M, 4), normalised regions that are neither vehicle nor background.
    """

    image: Path | bytes
    source: Source
    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    ignore: NDArray[np.float32]


def read_image(image: Path | bytes) -> NDArray[np.uint8]:
    """Return an image as uint8 (H, W, 3) BGR.

    Raises:
        ValueError: If it cannot be decoded.
    """
    encoded = np.frombuffer(image if isinstance(image, bytes) else image.read_bytes(), np.uint8)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if len(encoded) else None
    if decoded is None:
        where = "an encoded frame" if isinstance(image, bytes) else str(image)
        raise ValueError(f"{where} is not a readable image")
    return np.asarray(decoded, np.uint8)


def read_labels(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return normalised xyxy boxes (N, 4) and class ids (N,) of a YOLO text file; empty if absent.

    Raises:
        ValueError: If a line does not hold a class and four finite numbers, or they are no shares
            of an image.
    """
    if not path.is_file():
        return np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
    try:
        rows = np.array(
            [line.split() for line in path.read_text().splitlines() if line.strip()], float
        )
    except ValueError as error:
        raise ValueError(f"{path}: expected lines of 'class cx cy w h'") from error
    rows = rows.reshape(-1, 5) if rows.size == 0 else rows
    if (
        rows.ndim != 2
        or rows.shape[1] != 5
        or not np.isfinite(rows).all()
        or (rows[:, 0] % 1).any()
    ):
        raise ValueError(f"{path}: expected lines of 'class cx cy w h'")
    if (rows[:, 1:] > _LARGEST_SHARE).any() or (rows[:, 3:] < 0).any():
        raise ValueError(f"{path}: cx, cy, w and h must be fractions of the image, not pixels")
    center, half = rows[:, 1:3], rows[:, 3:5] / 2
    xyxy = np.concatenate([center - half, center + half], axis=1).clip(0, 1)
    return xyxy.astype(np.float32), rows[:, 0].astype(np.int64)


def load_samples(source: Source, roots: Sequence[Path], *, held_out: bool) -> list[Sample]:
    """List the images of a source, either those to train on or those held out.

    Args:
        source: What to look for.
        roots: Data folders, each searched for every glob.
        held_out: Which side of the split to return.

    Returns:
        The samples in the order of their names; none if nothing matches.

    Raises:
        ValueError: If labels or a video cannot be read, or labels are of classes that are none of
            ours, or a group that is to be held out is none of the files found.
    """
    found = sorted({match for root in roots for glob in source.paths for match in root.glob(glob)})
    files = [(file, _group(source, name)) for path in found for file, name in _files(path)]
    _check_held_out(source, {group for _, group in files})
    samples: list[Sample] = []
    for file, group in files:
        if _is_held_out(source, group) == held_out:
            if file.suffix.lower() in _VIDEO_SUFFIXES:
                samples += _video_samples(source, file)
            else:
                samples.append(_labelled(file, source, file.parents[1]))
    return samples


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the images of a folder, or a video, each with the name that its group is read from.

    Nothing is yielded of any other file.
    """
    if path.is_dir():
        origins = _origins(path.parent / "origin.tsv")
        for image in sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES):
            yield image, origins.get(image.stem, f"{path.parent.name}/{image.stem}")
    elif path.suffix.lower() in _VIDEO_SUFFIXES:
        yield path, path.stem


def _check_held_out(source: Source, groups: set[str]) -> None:
    """Raise unless all groups that are to be held out are there, or no file of the source is.

    A name that is none of them would hold nothing out: what is to be measured on would be trained
    on.
    """
    unknown = [name for name in source.held_out_groups if name not in groups]
    if groups and unknown:
        known = sorted(groups)
        more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
        raise ValueError(
            f"source {source.name}: held_out_groups names {unknown[0]!r}, which is no group of its "
            f"files; its groups are {', '.join(known[:_NAMED])}{more}"
        )


def _labelled(image: Path, source: Source, folder: Path) -> Sample:
    """Return the sample of an image file, its labels as this project's.

    Raises:
        ValueError: If a label's class is none of ours.
    """
    file = folder / "labels" / f"{image.stem}.txt"
    xyxy, class_id = read_labels(file)
    if not source.labelled:  # boxes without classes: whatever number stands for them
        class_id = np.zeros_like(class_id)
    if foreign := set(class_id.tolist()) - set(range(len(CLASS_NAMES))):
        known = ", ".join(f"{number} {name}" for number, name in enumerate(CLASS_NAMES))
        raise ValueError(f"{file}: there is no class {min(foreign)}; known are {known}")
    ignore, kind = read_labels(folder / "ignore" / f"{image.stem}.txt")
    if source.persons is not None:
        found = Detections(xyxy, np.ones(len(xyxy), np.float32), class_id)
        xyxy = with_riders(found, ignore[kind == source.persons]).xyxy
    unsure = np.isin(class_id, [CLASS_NAMES.index(name) for name in source.unsure])
    ignore = np.concatenate([ignore, xyxy[unsure]])
    return Sample(image, source, xyxy[~unsure], class_id[~unsure], ignore)


def _video_samples(source: Source, path: Path) -> Iterator[Sample]:
    """Yield frames of a video, kept in memory as JPEG, with its truth where there is any.

    Raises:
        ValueError: If the video or its truth cannot be read.
    """
    none = np.zeros((0, 4), np.float32)
    nothing = Truth(none, np.zeros(0, np.int64), none)
    truths = read_video_truth(path, min_visibility=source.min_visibility) or {}
    with VideoFile(path) as video:
        stride = max(1, round(video.info.average_fps * source.every_s))
        for index, image in video.frames(lambda number: number % stride == 0):
            flags = [cv2.IMWRITE_JPEG_QUALITY, _MEMORY_JPEG_QUALITY]
            _, encoded = cv2.imencode(".jpg", image, flags)
            truth = truths.get(index, nothing)
            height, width = image.shape[:2]
            size = np.array([width, height, width, height], np.float32)
            boxes, ignore = (truth.xyxy / size).clip(0, 1), (truth.ignore / size).clip(0, 1)
            yield Sample(encoded.tobytes(), source, boxes, truth.class_id, ignore)


def _origins(path: Path) -> dict[str, str]:
    """Return original file names by stem, from a table of two columns."""
    if not path.is_file():
        return {}
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def _group(source: Source, name: str) -> str:
    """Return the group of a file by its name."""
    match = re.search(source.group, name)
    return str(match.group(1)) if match else name


def _is_held_out(source: Source, group: str) -> bool:
    """Tell on which side of the split a group falls: the same on every machine, for ever."""
    if group in source.held_out_groups:
        return True
    lot = f"{source.split_as or source.name}/{group}"
    return zlib.crc32(lot.encode()) % 100 < source.held_out
