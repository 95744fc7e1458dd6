import numpy as np
import pytest

from reid.evaluation.calibration import PairDistances, pair_distances
from reid.evaluation.metrics import Gallery


def test_pairs_across_cameras_by_hand():
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [1, 0]], np.float32)
    items = Gallery(vectors, np.array([1, 1, 2, 1]), np.array([0, 1, 1, 0]))
    pairs = pair_distances(items)
    # (0, 1) and (1, 3) are the same at a right angle; (0, 2) and (2, 3) are opposite.
    np.testing.assert_allclose(pairs.same, [2**0.5, 2**0.5], rtol=1e-6)
    np.testing.assert_allclose(pairs.different, [2.0, 2.0])


def test_blocks_give_every_pair_once_and_in_order(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(23, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = Gallery(vectors, rng.integers(0, 5, 23), rng.integers(0, 3, 23))
    monkeypatch.setattr("reid.evaluation.calibration._BLOCK_ELEMENTS", 4 * 23)
    found = pair_distances(items)
    across = [(i, j) for i in range(23) for j in range(i) if items.camera[i] != items.camera[j]]
    across = sorted((j, i) for i, j in across)
    for distances, alike in ((found.same, True), (found.different, False)):
        pairs = [(i, j) for i, j in across if (items.identity[i] == items.identity[j]) == alike]
        expected = [np.linalg.norm(vectors[i] - vectors[j]) for i, j in pairs]
        np.testing.assert_allclose(distances, expected, rtol=1e-3, atol=1e-5)


def test_threshold_is_a_quantile_of_the_different_pairs():
    distances = PairDistances(
        np.array([0.1, 0.2, 0.9], np.float32), np.linspace(0, 1, 101, dtype=np.float32)
    )
    assert distances.threshold(0.25) == pytest.approx(0.25)
    assert distances.match_rate(0.25) == pytest.approx(2 / 3)


def test_what_cannot_be_said_is_said():
    none = np.zeros(0, np.float32)
    with pytest.raises(ValueError, match="no pairs of different vehicles"):
        PairDistances(none, none).threshold(0.1)
    with pytest.raises(ValueError, match=r"false_match_rate must be in \(0, 1\), is 0"):
        PairDistances(none, none).threshold(0)
    assert np.isnan(PairDistances(none, none).match_rate(0.5))
