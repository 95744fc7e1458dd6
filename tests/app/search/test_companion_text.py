"""Chance in words that people read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.search.companion_text import expected, odds, remarks


def pair(*, probability: float = 0.5, number: float = 1.0, same: float = 0.0, out: bool = False):
    chance = SimpleNamespace(probability=probability, expected=number, stands_out=out)
    return SimpleNamespace(chance=chance, same=same)


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1.0, "over 99 %"), (0.4, "40 %"), (0.05, "1 in 20"), (1e-4, "1 in 10,000")],
)
def test_odds(probability: float, words: str) -> None:
    assert odds(pair(probability=probability)) == words
    assert odds(pair(probability=1e-20)) == "under 1 in 1,000,000"


@pytest.mark.parametrize(
    ("number", "words"),
    [(1234.4, "1,234"), (1.234, "1.2"), (0.0123, "0.012"), (1e-9, "under 0.001")],
)
def test_expected(number: float, words: str) -> None:
    assert expected(pair(number=number)) == words


def test_remarks() -> None:
    assert remarks(pair()) == ""
    told = remarks(pair(out=True, same=0.31))
    assert told == "stands out; possibly one vehicle under two numbers (31 %)"
