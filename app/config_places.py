"""Names places in `cams.yaml` for messages: cameras by their ids, links by their cameras."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.config import CAMERA_ID, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Places:
    """What to call the places of a configuration file.

    Args:
        tree: The file as it was read, whatever is wrong with it.
    """

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._cameras = [_camera_name(entry) for entry in _entries(tree, "cameras")]
        self._links = [_link_name(entry) for entry in _entries(tree, "links")]

    def camera(self, index: int) -> str:
        """Return what to call the camera with this index in the file, from 0: `camera gate`."""
        return _one(self._cameras, index, kind="camera", nameless="no valid id")

    def link(self, index: int) -> str:
        """Return what to call the link with this index in the file, from 0."""
        return _one(self._links, index, kind="link", nameless="between no two cameras")

    def of(self, location: Sequence[int | str]) -> str:
        """Return what to call a place that is given by keys, and indices from 0.

        >>> places = Places({"cameras": [{"id": "gate"}, {"source": "b.mp4"}]})
        >>> places.of(("cameras", 0, "roi", 2)), places.of(("cameras", 1, "id"))
        ('camera gate: roi: entry 3', 'camera 2 (no valid id): id')
        >>> places.of(("tracker", "max_lost_s")), places.of(())
        ('tracker.max_lost_s', '(top)')
        """
        words: list[str] = []
        rest = location
        match location:
            case ["cameras", int(index), *rest]:
                words.append(self.camera(index))
            case ["links", int(index), *rest]:
                words.append(self.link(index))
        after_key = False
        for part in rest:
            if isinstance(part, int):
                words.append(f"entry {part + 1}")
            elif after_key:
                words[-1] += f".{part}"
            else:
                words.append(part)
            after_key = isinstance(part, str)
        return ": ".join(words) or "(top)"


def _entries(tree: Mapping[str, Any], key: str) -> list[object]:
    entries = tree.get(key)
    return entries if isinstance(entries, list) else []


def _one(names: Sequence[str], index: int, *, kind: str, nameless: str) -> str:
    """Return the name of one of them, with its number, from 1, where the name is not enough."""
    name = names[index]
    if name and names.count(name) == 1:
        return f"{kind} {name}"
    return f"{kind} {index + 1} ({name or nameless})"


def _camera_name(entry: object) -> str:
    return _id(entry.get("id")) if isinstance(entry, dict) else ""


def _link_name(entry: object) -> str:
    ends = [_id(entry.get(key)) for key in ("from", "to")] if isinstance(entry, dict) else []
    return " -> ".join(end or "?" for end in ends) if any(ends) else ""


def _id(value: object) -> str:
    """Return an id as all outputs have it, "" of what is none."""
    text = as_text(value)
    return text if isinstance(text, str) and re.fullmatch(CAMERA_ID, text) else ""
