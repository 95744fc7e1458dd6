from __future__ import annotations

import pytest

from city import sumo


def test_a_missing_tool_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(sumo.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        FileNotFoundError, match=r"^netconvert: not found.*pip install -e '\.\["
    ) as e:
        sumo.run_tool("netconvert", [])
    assert "\n" not in str(e.value)


def test_a_tool_that_refuses_its_input_says_why(tmp_path):
    with pytest.raises(ValueError, match=r"netconvert: Error: .*none\.nod\.xml"):
        sumo.run_tool("netconvert", ["-n", str(tmp_path / "none.nod.xml")])
