"""Reads YAML that people write; a key written twice is a mistake, not an override."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from app.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
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
            raise ConfigError(f"line {line}: key {key!r} is written twice in one place")
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_yaml(path: Path, *, top_key: str, hint: str) -> Mapping[str, Any]:
    """Return the mapping in a YAML file.

    Args:
        path: The file.
        top_key: A key that its top is known by.
        hint: What to do if there is no such file.

    Raises:
        ConfigError: If the file is missing, no text, no YAML, or no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; {hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as text: {error}") from None
    try:
        tree = yaml.load(text, Loader=_UniqueKeyLoader)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ConfigError(f"{path}: not valid YAML{where}: {problem}") from None
    except (ValueError, RecursionError) as error:  # a date that does not exist; endless nesting
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: a mapping with the key '{top_key}' is expected at the top")
    return tree
