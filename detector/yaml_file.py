"""Reads YAML that people write; a key written twice is a mistake, not an override."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from pathlib import Path

_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
"""Of the key `<<`, whose mapping the keys beside it may override."""


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


def load_yaml(path: Path) -> object:
    """Return what a YAML file says.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no text, no YAML, or has a key twice; one line that names the file.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ValueError(f"{path}: not valid YAML{where}: {problem}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: cannot be read as text: {error}") from None
    except (ValueError, RecursionError) as error:  # a key twice, a 30 February; endless nesting
        raise ValueError(f"{path}: not valid YAML: {error}") from None
