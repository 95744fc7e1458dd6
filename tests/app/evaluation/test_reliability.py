from pathlib import Path

import cv2
import numpy as np
import pytest

from app.evaluation.reliability import Judged, draw, judge
from reid.evaluation.calibration import PairDistances
from tracking.appearance.calibration import Calibration

# Probability 3/4 up to 0.5, 1/4 from 1.5 on, and one half at 1.
LINE = Calibration(distances=(0.5, 1.5), log_ratios=(np.log(3.0), -np.log(3.0)))


def pairs(same: list[float], different: list[float]) -> PairDistances:
    return PairDistances(np.array(same), np.array(different))


def judged_by(calibration: Calibration, unseen: PairDistances) -> Judged:
    return judge(calibration, [(calibration, unseen)])


def test_folds_are_judged_each_by_its_own():
    sure = Calibration(distances=(0.5, 0.9), log_ratios=(3.0, 2.0))
    judged = judge(LINE, [(LINE, pairs([2.0], [2.0])), (sure, pairs([2.0], []))])
    assert judged.match_rate == 0.5
    assert judged.false_match_rate == 0
    assert (judged.pairs.same.tolist(), judged.pairs.different.tolist()) == ([2.0, 2.0], [2.0])
    assert judged.even_odds_distance == pytest.approx(1.0)


def test_numbers_by_hand():
    # Near: 3 of 4 of one vehicle; far: 1 of 4. Ten times as many strangers change nothing.
    judged = judged_by(LINE, pairs([0.1, 0.2, 0.3, 2.0], [0.4, 1.9, 1.8, 1.7] * 10))
    assert judged.predicted[[7, 2]].tolist() == pytest.approx([0.75, 0.25])
    assert judged.observed[[7, 2]].tolist() == pytest.approx([0.75, 0.25])
    assert judged.weight[[7, 2]].tolist() == pytest.approx([0.5, 0.5])
    assert judged.error == pytest.approx(0, abs=1e-12)
    assert (judged.match_rate, judged.false_match_rate) == (0.75, 0.25)
    assert judged.even_odds_distance == pytest.approx(1.0)


def test_too_sure_is_an_error():
    judged = judged_by(LINE, pairs([0.1], [0.1]))
    assert judged.error == pytest.approx(0.25)


def test_without_even_odds_the_nearest_knot_counts():
    sure = Calibration(distances=(0.5, 0.9), log_ratios=(2.0, 1.0))
    assert judged_by(sure, pairs([0.1], [1.0])).even_odds_distance == 0.9


@pytest.mark.parametrize(("same", "different"), [([], [1.0]), ([1.0], [])])
def test_without_pairs_nothing_is_judged(same: list[float], different: list[float]):
    with pytest.raises(ValueError, match=f"they form {len(same)} and {len(different)}"):
        judged_by(LINE, pairs(same, different))


def test_picture(tmp_path: Path):
    judged = judged_by(LINE, pairs([0.1, 1.0], [0.4, 1.9]))
    draw({"whole": judged, "first look": judged}, tmp_path / "r.png", title="made up")
    image = cv2.imread(str(tmp_path / "r.png"))
    assert image is not None
    assert image.shape[1] > image.shape[0] > 500
