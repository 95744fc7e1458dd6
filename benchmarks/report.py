"""The JSON file in which a benchmark writes its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.atomic import write_text

JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write everything here.")]


def write_report(path: Path | None, report: Mapping[str, Any]) -> None:
    """Write a report; nothing happens if no file is asked for.

    Raises:
        OutputError: If it cannot be written.
    """
    if path is not None:
        write_text(path, json.dumps(report, indent=1) + "\n")
