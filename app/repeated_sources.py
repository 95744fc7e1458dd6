"""Cameras of a run that read one and the same recording or stream.

Every vehicle is then seen by each of them at the same time, and re-identified with itself. It may
be intended, as with several regions of interest of one view, so it is no error.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from app.recording_fingerprints import fingerprint
from app.sources import live_location
from app.streams import public_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.config import CameraConfig


def repeated_sources(cameras: Sequence[CameraConfig]) -> list[str]:
    """Return a line for each recording or live stream that several cameras read.

    Recordings are the same where their paths lead to one file, or their contents are equal
    (`app.recording_fingerprints`); live streams where their addresses are.

    Args:
        cameras: In the configured order; those that cannot be read are as good as different.
    """
    files = {
        camera.id: Path(camera.source).resolve()
        for camera in cameras
        if live_location(camera.source) is None
    }
    contents = _contents(files.values())
    groups: dict[str | int | Path, list[CameraConfig]] = {}
    for camera in cameras:
        location = live_location(camera.source)
        content = contents[files[camera.id]] if location is None else location
        groups.setdefault(content, []).append(camera)
    return [_line(group, files) for group in groups.values() if len(group) > 1]


def _contents(files: Iterable[Path]) -> Mapping[Path, str | Path]:
    """Return by file what its content is known by: itself, where no other one is as large."""
    sizes: dict[Path, int] = {}
    for file in dict.fromkeys(files):
        try:
            sizes[file] = file.stat().st_size
        except OSError:  # whoever opens it will say so
            sizes[file] = -1
    count = Counter(sizes.values())
    found: dict[Path, str | Path] = {}
    for file, size in sizes.items():
        found[file] = file
        if size > 0 and count[size] > 1:
            try:
                found[file] = fingerprint(file)
            except OSError:
                continue
    return found


def _line(cameras: Sequence[CameraConfig], files: Mapping[str, Path]) -> str:
    *others, last = (camera.id for camera in cameras)
    match live_location(cameras[0].source):
        case None:
            names = ", ".join(dict.fromkeys(str(files[camera.id]) for camera in cameras))
            same = f"the same recording ({names})"
        case int(number):
            same = f"the same device ({number})"
        case address:
            same = f"the same stream ({public_name(address)})"
    return (
        f"cameras {', '.join(others)} and {last}: they read {same}, "
        "so every vehicle in it is matched with itself; correct a source, unless that is intended"
    )
