"""Reads a YAML file into a validated model, with one line per error."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from detector.files.yaml_file import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

_MAX_SHOWN = 60
_UNKNOWN_KEY = {"extra_forbidden", "unexpected_keyword_argument"}

ModelT = TypeVar("ModelT", bound=BaseModel)


def read_yaml_model(path: Path, model: type[ModelT]) -> ModelT:
    """Read and check a YAML file.

    Args:
        path: The file.
        model: What it must describe.

    Returns:
        The checked model.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If anything in it is wrong; one line for each finding, naming file, key, value
            and what was expected.
    """
    tree = _read(path)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        lines = [f"{path}: {_describe(finding, model)}" for finding in error.errors()]
        raise ValueError("\n".join(lines)) from None


def _read(path: Path) -> Mapping[str, Any]:
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; a YAML file is expected")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; a YAML file is expected")
    tree = load_yaml(path)
    if not isinstance(tree, dict):
        raise ValueError(f"{path}: a mapping is expected at the top")
    return tree


def _describe(error: ErrorDetails, root: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "(top)"
    if error["type"] in _UNKNOWN_KEY:
        return f"{key}: unknown key; known here: {', '.join(_known_keys(root, error['loc']))}"
    if error["type"] == "missing":
        return f"{key}: missing"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "dataclass_type":
        message = "a mapping of settings is expected"
    if not error["loc"]:
        return message  # the value is the whole file
    shown = repr(error["input"])
    if len(shown) > _MAX_SHOWN:
        shown = shown[:_MAX_SHOWN] + "…"
    return f"{key}: {shown}: {message}"


def _known_keys(root: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed beside the one that an error points at."""
    owners: list[type] = [root]
    for part in location[:-1]:
        nested = [
            owner for held in owners for owner in _models_in(_annotations(held).get(str(part)))
        ]
        tagged = [owner for owner in owners if part in _tags(owner)]
        owners = nested or tagged or owners  # numbers of list items lead nowhere further
    return sorted({name for owner in owners for name in _annotations(owner)})


def _annotations(owner: type) -> dict[str, Any]:
    if issubclass(owner, BaseModel):
        return {field.alias or name: field.annotation for name, field in owner.model_fields.items()}
    if dataclasses.is_dataclass(owner):
        return {field.name: field.type for field in dataclasses.fields(owner)}
    return {}


def _tags(owner: type) -> set[object]:
    """Return the values that tell a model from the others of its union."""
    fields = owner.model_fields.values() if issubclass(owner, BaseModel) else ()
    return {field.default for field in fields if isinstance(field.default, str)}


def _models_in(annotation: Any) -> list[type]:
    """Return the models and dataclasses that an annotation names, however deep."""
    if isinstance(annotation, type) and not get_args(annotation):
        is_model = issubclass(annotation, BaseModel) or dataclasses.is_dataclass(annotation)
        return [annotation] if is_model else []
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
