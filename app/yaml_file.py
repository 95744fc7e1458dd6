"""Reads YAML files written by users of the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import ConfigError
from detector.files.yaml_file import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_yaml(path: Path, *, top_key: str, hint: str) -> Mapping[str, Any]:
    """Return the mapping in a YAML file; its whole numbers are `WrittenInt`.

    Args:
        path: The file.
        top_key: A key that its top is known by.
        hint: What to do if there is no such file.

    Raises:
        ConfigError: If the file is missing, no text, no YAML, or no mapping.
    """
    try:
        tree = load_yaml(path, keep_text=True)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; {hint}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; {hint}") from None
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: a mapping with the key '{top_key}' is expected at the top")
    return tree
