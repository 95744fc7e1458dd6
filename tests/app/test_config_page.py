"""docs/configuration.md states the defaults that a run has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from app.config import CameraConfig, LinkConfig, RunConfig

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
RUN = RunConfig(cameras=[CameraConfig(id="gate", source="gate.mp4")])
WORDS = {"required", "required unless `overlap`", "time 0", "none", "not calibrated"}
WORDS |= {"one map for all", "whole image"}
"""Defaults that are no values."""


def rows(section: str) -> list[tuple[str, str]]:
    """Return key and default of each row of the table below a heading of the page."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    table = re.search(r"\| key \| value \| default \|\n.*\n((?:\|.*\n)+)", text)
    cells = [line.strip("|").split(" | ") for line in table[1].splitlines()]
    return [(row[0].strip(), row[-1].strip(" |")) for row in cells]


def said(default: str) -> object:
    return yaml.safe_load(default.strip("`"))


@pytest.mark.parametrize(
    ("section", "model"), [("`cameras`", CameraConfig), ("`links`", LinkConfig)]
)
def test_defaults_of_cameras_and_links(section, model):
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    named = {}
    for keys, default in rows(section):
        named |= dict.fromkeys(re.findall(r"`(\w+)`", keys), default)
    assert set(named) == set(fields)
    for key, default in named.items():
        if default in WORDS:
            assert fields[key].is_required() == (default == "required"), key
            assert default == "required" or not fields[key].get_default(call_default_factory=True)
        else:
            assert fields[key].default == said(default), key


@pytest.mark.parametrize(("keys", "default"), rows("Other sections"))
def test_defaults_of_other_sections(keys, default):
    section = ""
    for key in re.findall(r"`([^`]+)`", keys):
        section = key.rpartition(": ")[0] or section
        found = getattr(RUN, section, RUN)
        assert getattr(found, key.rpartition(": ")[2]) == said(default), key
