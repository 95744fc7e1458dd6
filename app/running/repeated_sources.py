"""Cameras of a run that read one and the same recording or stream.

Every vehicle is then seen by each of them at the same time, and re-identified with itself. It may
be intended, as with several regions of interest of one view, so it is no error.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from app.frames.recording_fingerprints import fingerprint
from app.frames.sources import live_location
from app.frames.streams import public_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.config import CameraConfig

_USUAL_PORT: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935}
"""Of an address that names none, by its scheme."""


def repeated_sources(cameras: Sequence[CameraConfig]) -> list[str]:
    """Return a line for each recording or live stream that several cameras read.

    Recordings are the same where their paths lead to one file, or their contents are equal
    (`app.frames.recording_fingerprints`); live streams where their addresses are, however spelled.

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
        content = contents[files[camera.id]] if location is None else one_spelling(location)
        groups.setdefault(content, []).append(camera)
    return [_line(group, files) for group in groups.values() if len(group) > 1]


def one_spelling(location: str | int) -> str | int:
    """Return the address of a stream as all its spellings have it; a device number as it is.

    The scheme and the host are in lower case, the usual port and slashes at the end of the path are
    left out, and the name and password are not percent-encoded. The query stays as it is: whether
    its order matters is for the camera to say.

    >>> one_spelling("RTSP://me:p%40ss@Gate.example:554/main/?channel=1")
    'rtsp://me:p@ss@gate.example/main?channel=1'
    """
    if isinstance(location, int):
        return location
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:  # whoever opens it will say so
        return location
    login, at, _ = parts.netloc.rpartition("@")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if port not in (None, _USUAL_PORT.get(parts.scheme)):
        host = f"{host}:{port}"
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(netloc=unquote(login) + at + host, path=path))


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
