import numpy as np
import pytest

from reid.evaluation import metrics
from reid.evaluation.metrics import (
    Gallery,
    mean_per_camera,
    score,
    score_ranking,
    without_camera_means,
)


def gallery(vectors, identity, camera) -> Gallery:
    return Gallery(
        np.array(vectors, np.float32).reshape(len(identity), -1),
        np.array(identity, np.int64),
        np.array(camera, np.int64),
    )


def slow_scores(query: Gallery, items: Gallery, *, same_camera: bool):
    """The obvious reference: one list per query, one loop per rank."""
    precisions, firsts = [], []
    for q in range(len(query.identity)):
        ranking = []
        for g in range(len(items.identity)):
            is_match = query.identity[q] == items.identity[g]
            if is_match and query.camera[q] == items.camera[g] and not same_camera:
                continue
            distance = sum((query.embeddings[q] - items.embeddings[g]) ** 2)  # whole numbers
            ranking.append((distance, g, is_match))
        ranking.sort()
        hits, total, first = 0, 0.0, -1
        for rank, (_, _, is_match) in enumerate(ranking):
            if is_match:
                hits += 1
                total += hits / (rank + 1)
                first = rank if first < 0 else first
        precisions.append(total / hits if hits else np.nan)
        firsts.append(first)
    return precisions, firsts


def random_gallery(rng: np.random.Generator, *, smallest: int) -> Gallery:
    """Few different values make many ties, and queries without a match."""
    count = int(rng.integers(smallest, 13))
    return Gallery(
        rng.integers(0, 4, (count, 2)).astype(np.float32),
        rng.integers(0, 4, count),
        rng.integers(0, 4, count),
    )


@pytest.mark.parametrize("same_camera", [False, True])
def test_scores_equal_the_slow_reference(same_camera: bool):
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        query, items = random_gallery(rng, smallest=0), random_gallery(rng, smallest=1)
        scores = score(query, items, same_camera=same_camera)
        precisions, firsts = slow_scores(query, items, same_camera=same_camera)
        np.testing.assert_allclose(scores.average_precision, precisions, err_msg=f"seed {seed}")
        assert scores.first_match.tolist() == firsts, f"seed {seed}"
        assert scores.queries == sum(f >= 0 for f in firsts)


def test_average_precision_by_hand():
    # Ranking of the gallery: hit, miss, hit, miss -> (1/1 + 2/3) / 2.
    scores = score(
        gallery([0], [1], [0]), gallery([1, 2, 3, 4], [1, 2, 1, 3], [1, 1, 1, 1]), same_camera=False
    )
    assert scores.mean_average_precision == pytest.approx(5 / 6)
    assert scores.cmc(1) == 1


def test_cmc_by_hand():
    query = gallery([0, 10, 20], [1, 2, 3], [0, 0, 0])
    items = gallery([0, 1, 10, 30], [1, 2, 1, 2], [1, 1, 1, 1])
    scores = score(query, items, same_camera=False)  # first hits at rank 0 and 1; none for 3
    assert scores.first_match.tolist() == [0, 1, -1]
    assert [scores.cmc(k) for k in (1, 2, 5)] == [0.5, 1.0, 1.0]


def test_without_any_match_scores_are_not_numbers():
    scores = score(gallery([0], [1], [0]), gallery([0], [2], [1]), same_camera=True)
    assert scores.queries == 0
    assert np.isnan(scores.mean_average_precision)
    assert np.isnan(scores.cmc(1))


def test_blocks_do_not_change_the_scores(monkeypatch):
    rng = np.random.default_rng(0)
    items = gallery(rng.integers(0, 5, (40, 2)), rng.integers(0, 6, 40), rng.integers(0, 3, 40))
    whole = score(items, items, same_camera=False)
    monkeypatch.setattr(metrics, "_CHUNK_ELEMENTS", 100)
    parts = score(items, items, same_camera=False)
    np.testing.assert_array_equal(parts.first_match, whole.first_match)


def test_tracklets_are_mean_directions():
    items = gallery([[1, 0], [0, 1], [0, 2]], [4, 4, 5], [0, 0, 1])
    means = mean_per_camera(items)
    np.testing.assert_allclose(means.embeddings, [[0.5**0.5, 0.5**0.5], [0, 1]], rtol=1e-6)
    assert means.identity.tolist() == [4, 5]
    assert means.camera.tolist() == [0, 1]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="equally long, are 2, 1 and 2"):
        Gallery(np.zeros((2, 1), np.float32), np.zeros(1, np.int64), np.zeros(2, np.int64))


def test_the_mean_of_each_camera_is_taken_off() -> None:
    """Two cameras shift what they see by far more than vehicles differ."""
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(40, 16))
    tints = 5 * rng.normal(size=(2, 16))
    camera = np.tile([4, 9], 40)
    vehicle = np.repeat(np.arange(40), 2)
    shifted = (looks[vehicle] + tints[(camera == 9).astype(int)]).astype(np.float32)
    found = without_camera_means(Gallery(shifted, vehicle, camera))
    expected = looks - looks.mean(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found.embeddings, expected[vehicle], atol=1e-5)
    assert found.embeddings.dtype == np.float32
    assert score(found, found, same_camera=False).cmc(1) == 1
    plain = Gallery(shifted / np.linalg.norm(shifted, axis=1, keepdims=True), vehicle, camera)
    assert score(plain, plain, same_camera=False).cmc(1) < 1


def test_nothing_is_left_of_a_camera_with_one_item() -> None:
    one = Gallery(np.ones((1, 4), np.float32), np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert not without_camera_means(one).embeddings.any()


@pytest.mark.parametrize(
    ("match", "precision", "first"),
    [
        ([True], 1.0, 0),
        ([False, True, False, True], (1 / 2 + 2 / 4) / 2, 1),
        ([True, True, False], 1.0, 0),
    ],
)
def test_score_of_one_ranking(match: list[bool], precision: float, first: int) -> None:
    assert score_ranking(np.array(match)) == (precision, first)


@pytest.mark.parametrize("match", [[], [False, False]])
def test_a_ranking_without_a_match_has_no_score(match: list[bool]) -> None:
    precision, first = score_ranking(np.array(match, np.bool_))
    assert np.isnan(precision)
    assert first == -1
