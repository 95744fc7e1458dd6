"""Shares of vehicles that stay together, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.convoys.chance import MARGIN, PRIOR_PAIRS, RULES, Evidence, log_probabilities

WITHIN_S = 10.0
WIDEST = len(RULES) - 1


def share(kept: float, tried: float, *, usual: float) -> float:
    weight = tried + PRIOR_PAIRS
    mean = (kept + PRIOR_PAIRS * usual) / weight
    return min(1.0, mean + MARGIN * np.sqrt(mean * (1 - mean) / (weight + 1)))


def pairs_of_visits(*gaps: tuple[float | None, ...]) -> tuple[Evidence, np.ndarray, np.ndarray]:
    """Pairs of vehicles that pass the same cameras, with these gaps; None is too far apart.

    One vehicle of a pair passes camera i 60 s after camera i - 1.
    """
    visit, camera, time = [], [], []
    first, second = [], []
    for pair, own in enumerate(gaps):
        for side in (0, 1):
            for place, gap in enumerate(own):
                visit.append(2 * pair + side)
                camera.append(place)
                later = (500.0 if gap is None else gap) if side else 0.0
                time.append(10_000.0 * pair + 60.0 * place + later)
        begin = 2 * sum(len(before) for before in gaps[:pair])
        met = [place for place, gap in enumerate(own) if gap is not None]
        first += [begin + place for place in met]
        second += [begin + len(own) + place for place in met]
    one, other = np.array(first, np.intp), np.array(second, np.intp)
    evidence = Evidence.gather(
        visit=np.array(visit, np.int64),
        camera=np.array(camera, np.int64),
        time=np.array(time),
        first=one,
        second=other,
        within_s=WITHIN_S,
    )
    return evidence, one, other


def test_a_pair_is_compared_with_all_others() -> None:
    # Ten pairs met in the first camera; four of them, of which this is one, in the second, too.
    evidence, first, second = pairs_of_visits(*[(7.0, 8.0)] * 4, *[(7.0, None)] * 6)
    parts = log_probabilities(evidence, first, second)[:2, WIDEST]
    others = share(2 * 3, 2 * 9, usual=(2 * 3 + 1) / (2 * 9 + 2))
    assert parts.tolist() == pytest.approx([0.0, np.log(others)])


def test_ways_are_told_apart_by_the_cameras_between() -> None:
    # From the first camera to the third: half of the pairs were together in the second, too.
    evidence, first, second = pairs_of_visits(*[(7.0, 7.0, 7.0)] * 3, *[(7.0, None, 7.0)] * 3)
    assert evidence.tried[0, WIDEST, 0, 1] == evidence.tried[1, WIDEST, 0, 2] == 12
    assert evidence.kept[0, WIDEST, 0, 1] == 6
    assert evidence.kept[1, WIDEST, 0, 2] == 12
    assert evidence.kept[0, WIDEST, 0, 2] == 0
    parts = log_probabilities(evidence, first, second)[:, WIDEST]
    skipped = share(2 * 5, 2 * 5, usual=(2 * 5 + 1) / (2 * 5 + 2))
    assert parts[-2:].tolist() == pytest.approx([0.0, np.log(skipped)])


def test_rules_are_about_gaps_and_their_changes() -> None:
    gaps = ((2.0, 2.0), (2.0, 4.0), (6.0, 8.0), (9.0, 2.0), (-4.0, 4.0), (6.0, None))
    evidence, _, _ = pairs_of_visits(*gaps)
    expected = [
        sum(
            gap is not None
            and max(abs(first), abs(gap)) <= most * WITHIN_S
            and abs(gap - first) <= change * WITHIN_S
            for first, gap in gaps
        )
        for most, change in RULES
    ]
    assert (evidence.kept[0, :, 0, 1] / 2).tolist() == expected
    assert expected[0] < expected[WIDEST]
    assert evidence.met[WIDEST] == 11


def test_that_a_rare_gap_is_close_counts() -> None:
    evidence, first, second = pairs_of_visits((1.0, 1.0), *[(9.0, 9.0)] * 9)
    parts = log_probabilities(evidence, first, second)
    assert parts[0, 0] == pytest.approx(np.log(2 / 20))
    assert parts[0, WIDEST] == 0
