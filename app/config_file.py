"""Reads `cams.yaml`, and reports each error in one line."""

from __future__ import annotations

import dataclasses
import os
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from app.config import A_TIME, CameraConfig, RunConfig
from app.config_places import Places
from app.errors import ConfigError
from app.frames.sources import live_location
from app.yaml_file import read_yaml
from detector.yolo import DetectorSettings
from reid.embedder import EmbedderSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

_MAX_SHOWN = 60
_EXPECTED: Final = {
    "string_type": "text is expected, in quotes if it looks like something else",
    "list_type": "a list is expected",
    "tuple_type": "a list is expected",
    "model_type": "keys with values are expected",
    "dict_type": "keys with values are expected",
    "dataclass_type": "a mapping of settings is expected",
    "string_pattern_mismatch": (
        "letters, digits, '_', '-' and '.' are expected, a letter or digit first, 64 at most"
    ),
}
"""What to say of mistakes of which pydantic speaks in terms of Python."""
_Weighted = TypeVar("_Weighted", DetectorSettings, EmbedderSettings)


def load_config(path: Path) -> RunConfig:
    """Read and check a configuration file; relative sources come out relative to the file.

    Args:
        path: The YAML file.

    Returns:
        The checked configuration. Recorded sources are existing files.

    Raises:
        ConfigError: If anything is wrong; one line for each finding, naming file, key, value and
            what was expected.
    """
    tree = read_yaml(path, top_key="cameras", hint="give the YAML file of your cameras")
    places = Places(tree)
    try:
        config = RunConfig.model_validate(tree)
    except ValidationError as error:
        lines = [f"{path}: {_describe(e, places)}" for e in error.errors()]
        raise ConfigError("\n".join(lines)) from None
    findings = [f"{path}: {finding}" for finding in _cross_check(config, path.parent, places)]
    if findings:
        raise ConfigError("\n".join(findings))
    cameras = [_with_resolved_source(camera, path.parent) for camera in config.cameras]
    parts = {
        name: _with_resolved_weights(getattr(config, name), path.parent)
        for name in ("detector", "reid")
    }
    return config.model_copy(update={"cameras": cameras, **parts})


def _with_resolved_weights(settings: _Weighted, folder: Path) -> _Weighted:
    """Return settings whose weights are found from anywhere, if they lie beside the YAML file."""
    beside = folder / settings.weights
    if _is_file(beside):
        return dataclasses.replace(settings, weights=str(beside))
    return settings


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is longer than any file's
        return False


def _is_text(path: Path) -> bool:
    """Return whether a path, from the root on, is text; on Linux it is bytes."""
    try:
        str(path.resolve()).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    """Return a value about as the file has it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool | date):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"


def _describe(error: ErrorDetails, places: Places) -> str:
    key = places.of(error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        known = ", ".join(_known_keys(error["loc"]))
        return f"{key}: unknown key; known here: {known}"
    if kind == "missing":
        return f"{key}: missing"
    if kind == "value_error" and isinstance(value, dict):  # of a camera or link as a whole
        return f"{key}: {message}"
    if kind == "too_short":
        least = context["min_length"]
        message = f"at least {least} {'entry is' if least == 1 else 'entries are'} expected"
    elif kind == "too_long":
        message = f"at most {context['max_length']} entries are expected"
    elif kind.startswith("datetime"):
        message = f"{A_TIME} is expected"
    return f"{key}: {_shown(value)}: {_EXPECTED.get(kind, message)}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed beside the one that an error points at."""
    owner: Any = RunConfig
    for part in location[:-1]:
        if isinstance(part, str):
            owner = _field_type(owner, part)
    if isinstance(owner, type) and issubclass(owner, BaseModel):
        return [field.alias or name for name, field in owner.model_fields.items()]
    return [field.name for field in dataclasses.fields(owner)]


def _field_type(owner: type[BaseModel], name: str) -> Any:
    annotation = owner.model_fields[name].annotation
    arguments = getattr(annotation, "__args__", ())
    return arguments[0] if arguments else annotation


def _cross_check(config: RunConfig, folder: Path, places: Places) -> Iterator[str]:
    """Yield what no single key can tell: duplicates, unknown cameras, missing files."""
    ids = [camera.id for camera in config.cameras]
    for index, camera in enumerate(config.cameras):
        at = places.camera(index)
        # On file systems that ignore case, two such ids would write to one file.
        if camera.id.lower() in (other.lower() for other in ids[:index]):
            yield f"{at}: id: '{camera.id}': this id is already used by another camera"
        recording = _recording(camera, folder)
        if recording is not None and not _is_file(recording):
            is_folder = os.path.isdir(recording)  # noqa: PTH112  # Path's raises for endless names
            fault = "is a folder" if is_folder else f"no such file (looked for it in {folder})"
            yield (
                f"{at}: source: {_shown(camera.source)}: {fault}; a video file, an RTSP address or "
                "a device number is expected"
            )
        elif recording is not None and not _is_text(recording):
            path = str(recording.resolve()).encode("ascii", "backslashreplace")
            yield (
                f"{at}: source: {path.decode()}: a name in this path is not UTF-8, which the store "
                "cannot keep; rename it"
            )
        try:
            config.tracker_settings(camera)
        except (TypeError, ValueError) as error:
            yield f"{at}: tracker: {camera.tracker}: {_plain(error)}"
    for index, link in enumerate(config.links):
        for key, camera_id in (("from", link.from_camera), ("to", link.to_camera)):
            if camera_id not in ids:
                yield (
                    f"{places.link(index)}: {key}: '{camera_id}': no such camera; known: "
                    f"{', '.join(ids)}"
                )
        for earlier, other in enumerate(config.links[:index]):
            if link.contradicts(other):
                yield (
                    f"{places.link(index)}: it contradicts {places.link(earlier)}; give each "
                    "link once (a link applies in both directions unless it has both_ways: false)"
                )
    recorded = [camera for camera in config.cameras if live_location(camera.source) is None]
    without = [camera.id for camera in recorded if camera.start_time is None]
    if without and len(without) < len(recorded):
        yield (
            f"cameras: start_time is missing for {', '.join(without)}: give it for every "
            "recording, or for none if all start at the same moment"
        )


def _plain(error: Exception) -> str:
    # dataclasses.replace() reports an unknown field as a TypeError of __init__.
    text = str(error)
    return "unknown key " + text.rpartition(" ")[2] if "unexpected keyword" in text else text


def _with_resolved_source(camera: CameraConfig, folder: Path) -> CameraConfig:
    recording = _recording(camera, folder)
    return camera if recording is None else camera.model_copy(update={"source": str(recording)})


def _recording(camera: CameraConfig, folder: Path) -> Path | None:
    """Return the file that a camera's source names, None of a live one."""
    if live_location(camera.source) is not None:
        return None
    return folder / os.path.expanduser(camera.source)  # noqa: PTH111  # Path's raises for ~nobody
