"""Settings of trainings and networks, read from a file into the dataclass that describes them."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

T = TypeVar("T")


def as_settings(kind: type[T], values: object, *, where: str) -> T:
    """Return plain values as a dataclass, and those nested in it as theirs.

    Args:
        kind: The dataclass; like all that it holds, it forbids other keys to pydantic.
        values: What the file says, as YAML and JSON know it.
        where: Which file, for the message.

    Raises:
        ValueError: Naming file and key, if a value does not fit.
    """
    try:
        # By way of JSON, in which lists are tuples, but 1 is no truth value and "1" no number.
        text = json.dumps(values, default=str)
    except (TypeError, ValueError) as error:  # a date as a key, a list that is part of itself
        raise ValueError(f"{where}: cannot be settings: {error}") from None
    try:
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        raise ValueError(f"{where}: {_told(kind, error.errors()[0])}") from None


def _told(kind: type, error: ErrorDetails) -> str:
    """Return in words what is wrong, and with which key."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] == "unexpected_keyword_argument":
        return f"unknown key {key}; known are {', '.join(_known(kind, error['loc'][:-1]))}"
    if error["type"] == "value_error":  # of a dataclass itself, which says what it found
        message = error["msg"].removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    message = error["msg"].replace("Input should", "must")
    for of_json, plain in (("an object", "a mapping"), ("a valid array", "a list")):
        message = message.replace(of_json, plain)
    return f"{key} {message}, is {error['input']!r}".lstrip()


def _known(kind: Any, location: tuple[int | str, ...]) -> list[str]:
    """Return the keys of a dataclass, or of one that it holds."""
    for part in location:
        if isinstance(part, str):
            hint = get_type_hints(kind)[part]
            kind = (get_args(hint) or (hint,))[0]
    return [field.name for field in fields(kind)]
