"""Reads and writes `corrections.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from app.atomic import write_text
from app.corrections.correction import Corrections, contradictions
from app.errors import ConfigError
from app.yaml_file import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER: Final = """\
# Corrections of identities, made with `python -m app.identities`; see docs/corrections.md.
# Sightings are named by camera, time in the recording and position in the image (pixels), so
# that they are found again when the recordings are processed again.
"""
_LAYOUT: Final = TypeAdapter(Corrections)


class _Dumper(yaml.SafeDumper):
    """Writes tuples as lists, and nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(tuple, yaml.SafeDumper.represent_list)


def read_corrections(path: Path) -> Corrections:
    """Read and check a corrections file.

    Raises:
        ConfigError: If anything is wrong; one line for each finding.
    """
    tree = read_yaml(path, top_key="corrections", hint="`python -m app.identities` creates one")
    try:
        corrections = _LAYOUT.validate_python(tree)
    except ValidationError as error:
        findings = [
            f"{'.'.join(map(str, e['loc'])) or '(top)'}: {e['msg']}" for e in error.errors()
        ]
        raise _error(path, findings) from None
    if findings := list(_cross_check(corrections)):
        raise _error(path, findings)
    if findings := contradictions(corrections):
        raise _error(path, findings)
    return corrections


def write_corrections(path: Path, corrections: Corrections) -> None:
    """Write a corrections file, as a whole or not at all.

    Raises:
        OutputError: If it cannot be written.
    """
    tree = _LAYOUT.dump_python(corrections)
    # The empty note and the date of what was not undone would only be in the way.
    tree["corrections"] = [
        {key: value for key, value in one.items() if value not in ("", None, ())}
        for one in tree["corrections"]
    ]
    text = yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=99
    )
    write_text(path, _HEADER + text)


def corrections_for(own: Path, given: Path | None) -> Corrections:
    """Return the corrections that a run is to heed.

    Args:
        own: The run's corrections file, which may exist from an earlier run in its folder.
        given: A file that the user names, None for none.

    Raises:
        ConfigError: If a file is wrong, or both exist: one of them would be lost.
    """
    if given is None:
        return read_corrections(own) if own.exists() else Corrections()
    if own.exists() and given.exists() and own.resolve() != given.resolve():
        raise ConfigError(
            f"{given}: {own} holds corrections already; move that file away, or leave out "
            "--corrections to use it"
        )
    return read_corrections(given)


def _cross_check(corrections: Corrections) -> Iterator[str]:
    numbers = [one.id for one in corrections.corrections]
    for index, one in enumerate(corrections.corrections):
        if one.id in numbers[:index]:
            yield f"corrections.{index}.id: {one.id}: this number is already used by another one"
        for name in (*one.same, *one.different_from):
            if name not in corrections.sightings:
                yield f"corrections.{index}: {name!r}: no such sighting in this file"


def _error(path: Path, findings: list[str]) -> ConfigError:
    return ConfigError("\n".join(f"{path}: {finding}" for finding in findings))
