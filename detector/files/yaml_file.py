"""Reads YAML written by users; a key written twice is an error, not an override."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from pathlib import Path

_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
"""Of the key `<<`, whose mapping the keys beside it may override."""


class WrittenInt(int):
    """A whole number, with what stands in the file: YAML reads 010 as 8, and 1_2 as 12.

    Attributes:
        text: As it was written.
    """

    text: str


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that is written twice, where PyYAML keeps the last in silence."""


def _construct_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[object, object]:
    own = [key for key, _ in node.value if key.tag != _MERGE_TAG]
    keys = [loader.construct_object(key, deep=True) for key in own]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            line = own[index].start_mark.line + 1
            raise ValueError(f"line {line}: key {key!r} is written twice in one place")
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def _construct_timestamp(loader: _UniqueKeyLoader, node: yaml.ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:  # a 30 February
        line = node.start_mark.line + 1
        raise ValueError(f"line {line}: {node.value} is no time: {error}") from None


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:timestamp", _construct_timestamp)


class _NumberLoader(_UniqueKeyLoader):
    """Takes 1e-3 for a number, as YAML 1.2 does: PyYAML follows 1.1, which wants 1.0e-3."""


_NumberLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)


class _TextKeepingLoader(_UniqueKeyLoader):
    """Gives whole numbers as `WrittenInt`."""


def _construct_int(loader: _TextKeepingLoader, node: yaml.ScalarNode) -> WrittenInt:
    number = WrittenInt(loader.construct_yaml_int(node))
    number.text = str(node.value)
    return number


_TextKeepingLoader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def load_yaml(path: Path, *, keep_text: bool = False) -> object:
    """Return what a YAML file says.

    Args:
        path: The file.
        keep_text: Whether whole numbers come as `WrittenInt`, and 1e3 as text: it may be a name.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no text, no YAML, or has a key twice; one line that names the file.
    """
    loader = _TextKeepingLoader if keep_text else _NumberLoader
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ValueError(f"{path}: not valid YAML{where}: {problem}") from None
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        raise ValueError(f"{path}: line {line} is no text in UTF-8: save it as such") from None
    except (ValueError, RecursionError) as error:  # a key twice, no time; endless nesting
        raise ValueError(f"{path}: not valid YAML: {error}") from None
