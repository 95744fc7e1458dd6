"""Make ReID crops out of a fixed camera's labelled clip: `python -m reid.tracklets`.

Boxes with the same id are the same vehicle (`tracks/<camera>.txt` of a run has ids); where the ids
are -1, as in files of detections, boxes that overlap from frame to frame are. Each such tracklet
becomes an identity of one camera in the plain folder layout, `<clip>-<n>/<clip>_<frame>.jpg`. With
`--shared-ids` an id is the same vehicle in every clip, as in the truth of rendered footage, and the
clips together are a set of several cameras, `<id>/<clip>_<frame>.jpg`.
"""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from detector.boxes import iou, xywh_to_xyxy
from detector.console.command_line import run_command
from detector.console.terminal import check_folder, command_frame
from detector.files.image_file import write_image
from detector.files.video_file import VideoFile
from reid.crops import pixel_boxes

MIN_IOU: Final = 0.2
"""Overlap of a vehicle's boxes in neighbouring frames at 5 frames per second."""
MIN_FRAMES: Final = 5
MIN_SIDE_PX: Final = 40
"""Longer side below which a vehicle shows too little of itself."""
BORDER_PX: Final = 2
"""Distance from the image's border below which a vehicle may be cut off."""


def read_boxes(path: Path) -> tuple[dict[int, NDArray[np.float32]], dict[int, NDArray[np.int64]]]:
    """Read a MOT-style text file: frame (from 1), id, x, y, w, h, … per line.

    Returns:
        For each frame its boxes, float32 (N, 4), xyxy, of 40 pixels or more on the longer side, and
        their ids, int64 (N,).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a MOT-style file: {error}") from error
    read = [_parse(line, f"{path}:{n}") for n, line in enumerate(lines, start=1) if line.strip()]
    rows = np.array(read, np.float64).reshape(-1, 6)
    rows = rows[rows[:, 4:].max(axis=1) >= MIN_SIDE_PX]
    xyxy = xywh_to_xyxy(rows[:, 2:].astype(np.float32))
    of_frame = {int(frame): rows[:, 0] == frame for frame in np.unique(rows[:, 0])}
    boxes = {frame: xyxy[chosen] for frame, chosen in of_frame.items()}
    return boxes, {frame: rows[chosen, 1].astype(np.int64) for frame, chosen in of_frame.items()}


def _parse(line: str, place: str) -> list[float]:
    try:
        values = [float(field) for field in line.split(",")[:6]]
    except ValueError:
        values = []
    fits = len(values) == 6 and bool(np.isfinite(values).all()) and values[0] >= 1
    if not fits or not all(v.is_integer() for v in values[:2]) or min(values[4:]) <= 0:
        raise ValueError(
            f"{place}: expected frame (from 1), id, x, y, width, height as numbers separated by "
            f"commas, both sizes above 0, found {line.strip()!r}"
        )
    return values


def group(ids: dict[int, NDArray[np.int64]]) -> list[list[tuple[int, int]]]:
    """Put the boxes of each id together.

    Args:
        ids: For each frame the ids of its boxes, int64 (N,), all 0 or more.

    Returns:
        Tracklets as lists of (frame, row of the box), in time order, by id.
    """
    tracklets: dict[int, list[tuple[int, int]]] = {}
    for frame in sorted(ids):
        for row, number in enumerate(ids[frame]):
            tracklets.setdefault(int(number), []).append((frame, row))
    return [tracklets[number] for number in sorted(tracklets)]


def link(boxes: dict[int, NDArray[np.float32]]) -> list[list[tuple[int, int]]]:
    """Link boxes of neighbouring frames, the best overlaps first.

    Args:
        boxes: For each frame its boxes, float32 (N, 4).

    Returns:
        Tracklets as lists of (frame, row of the box), in time order.
    """
    tracklets: list[list[tuple[int, int]]] = []
    living: dict[int, list[tuple[int, int]]] = {}  # row of the box in the last frame -> tracklet
    last = -1
    for frame in sorted(boxes):
        previous = living if frame == last + 1 else {}
        living = {}
        rows = sorted(previous)
        taken: set[int] = set()
        if rows:
            overlap = iou(boxes[last][rows], boxes[frame])
            for flat in np.argsort(-overlap, axis=None, kind="stable"):
                old, new = np.unravel_index(int(flat), overlap.shape)
                if overlap[old, new] < MIN_IOU:
                    break
                if rows[old] in taken or int(new) in living:
                    continue
                taken.add(rows[old])
                living[int(new)] = previous[rows[old]]
        for row in range(len(boxes[frame])):
            if row not in living:
                tracklets.append([])
                living[row] = tracklets[-1]
            living[row].append((frame, row))
        last = frame
    return tracklets


def choose(tracklet: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """Return up to `count` boxes spread evenly over a tracklet, first and last among them."""
    picks = np.unique(np.linspace(0, len(tracklet) - 1, count).round().astype(int))
    return [tracklet[i] for i in picks]


def is_whole(boxes: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.bool_]:
    """Return which boxes the image's border does not cut off; bool (N,)."""
    inside = (boxes[:, :2] > BORDER_PX) & (boxes[:, 2:] < (width - BORDER_PX, height - BORDER_PX))
    return np.asarray(inside.all(axis=1), np.bool_)


def write_crops(
    video: Path, labels: Path, out: Path, *, per_tracklet: int, shared_ids: bool = False
) -> int:
    """Write the crops of all usable tracklets of a clip, and return how many identities.

    Args:
        video: The clip.
        labels: Its boxes, see `read_boxes`.
        out: Folder for the crops.
        per_tracklet: Maximum number of crops of each.
        shared_ids: Name identities by their ids alone, which other clips share.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If one cannot be used, or `out` holds crops of such a clip.
    """
    clip = video.stem.replace("_", "-")
    if before := sorted(out.glob(f"*/{glob.escape(clip)}_*.jpg")):
        raise ValueError(
            f"{before[0]} is there already: crops of other labels would mix with it; remove the "
            f"images of {clip} or choose another --out"
        )
    boxes, ids = read_boxes(labels)
    tracked = all((numbers >= 0).all() for numbers in ids.values())
    if shared_ids and not tracked:
        raise ValueError(f"{labels} has no ids to share: some are negative")
    for frame, numbers in ids.items() if tracked else ():
        if len(np.unique(numbers)) < len(numbers):
            raise ValueError(f"{labels}: an id is twice in frame {frame}")
    with VideoFile(video) as clip_file:
        width, height = clip_file.info.width, clip_file.info.height
        whole = {f: is_whole(b, width=width, height=height) for f, b in boxes.items()}
        linked = group(ids) if tracked else link(boxes)
        uncut = [[(frame, row) for frame, row in t if whole[frame][row]] for t in linked]
        tracklets = [t for t in uncut if len(t) >= MIN_FRAMES]
        wanted: dict[int, list[tuple[int, int]]] = {}
        for number, tracklet in enumerate(tracklets):
            for frame, row in choose(tracklet, per_tracklet):
                wanted.setdefault(frame, []).append((number, row))
        written = set()
        # Labels count frames from 1.
        for index, image in clip_file.frames(lambda index: index + 1 in wanted):
            frame = index + 1
            for number, row in wanted[frame]:
                box = boxes[frame][row : row + 1]
                x1, y1, x2, y2 = pixel_boxes(box, width=width, height=height)[0]
                name = f"{ids[frame][row]:05d}" if shared_ids else f"{clip}-{number:05d}"
                folder = out / name
                written.add(number)
                folder.mkdir(parents=True, exist_ok=True)
                crop = np.asarray(image[y1:y2, x1:x2], np.uint8)
                write_image(folder / f"{clip}_{frame:06d}.jpg", crop)
    if wanted and not written:
        raise ValueError(
            f"{labels}: its frames {min(wanted)} to {max(wanted)} are not in {video}; are these "
            "the labels of another clip?"
        )
    return len(written)


def main(
    video: Annotated[Path, typer.Argument(help="The clip.")],
    labels: Annotated[Path, typer.Argument(help="Its boxes: frame,id,x,y,w,h,… per line.")],
    out: Annotated[Path, typer.Option(help="Folder for the crops.")],
    per_tracklet: Annotated[
        int, typer.Option(min=2, help="Maximum number of crops per vehicle.")
    ] = 6,
    shared_ids: Annotated[
        bool, typer.Option("--shared-ids", help="An id is the same vehicle in every clip.")
    ] = False,
) -> None:
    """Make ReID crops out of a fixed camera's labelled clip."""
    console = Console()
    with command_frame():
        check_folder(out)
        count = write_crops(video, labels, out, per_tracklet=per_tracklet, shared_ids=shared_ids)
        console.print(f"{count} identit{'y' if count == 1 else 'ies'} from {video.name}")


if __name__ == "__main__":
    run_command(main)
