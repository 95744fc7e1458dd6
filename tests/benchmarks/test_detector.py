from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import detector

APP = detector.typer.Typer()
APP.command()(detector.main)


def test_contestants_take_turns_and_warm_up_uncounted():
    calls: list[str] = []
    runs = {name: lambda _images, name=name: calls.append(name) for name in "ab"}
    seconds = detector.in_turn(runs, [np.zeros((2, 2, 3), np.uint8)] * 4, rounds=3)
    assert calls == ["a", "b"] * 5
    assert [len(values) for values in seconds.values()] == [3, 3]


def test_the_table_has_a_row_for_each_and_a_column_for_each_case():
    spread = {"median": 20.0, "least": 18.0, "greatest": 30.0}
    figures = {"ms_per_frame": spread, "speed_ratio": spread}
    table = detector.table_of({"640 px, batch 1": {"torch": figures, "OpenVINO": figures}})
    assert table.row_count == 2
    assert [str(column.header) for column in table.columns] == ["", "640 px, batch 1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["a.mp4", "--weights", "gone.safetensors"], "'gone.safetensors' not found")],
)
def test_bad_arguments_are_one_line(arguments, message):
    result = CliRunner().invoke(APP, arguments)
    assert result.exit_code == 2
    assert message in result.output
