"""k-reciprocal re-ranking against the slow, obvious version."""

import math

import numpy as np
import pytest

from reid.evaluation.metrics import Gallery, score
from reid.evaluation.reranking import reranking


def slow(vectors: np.ndarray, queries: int, *, k1: int, k2: int, weight: float) -> np.ndarray:
    """Sets and loops, as the paper's text says it."""
    count = len(vectors)
    distance = np.array([[float(((a - b) ** 2).sum()) for b in vectors] for a in vectors])
    distance = distance / distance.max(axis=1, keepdims=True)
    ranking = [sorted(range(count), key=lambda j, i=i: (distance[i, j], j)) for i in range(count)]

    def reciprocal(item: int, k: int) -> set[int]:
        return {j for j in ranking[item][: k + 1] if item in ranking[j][: k + 1]}

    encodings = []
    for item in range(count):
        near = reciprocal(item, k1)
        expanded = set(near)
        for candidate in near:
            theirs = reciprocal(candidate, round(k1 / 2))
            if len(theirs & near) > 2 / 3 * len(theirs):
                expanded |= theirs
        weights = {j: math.exp(-distance[item, j]) for j in expanded}
        total = sum(weights.values())
        encodings.append([weights.get(j, 0.0) / total for j in range(count)])
    averaged = [
        np.mean([encodings[j] for j in ranking[i][:k2]], axis=0) if k2 > 1 else encodings[i]
        for i in range(count)
    ]
    result = np.empty((queries, count - queries))
    for q in range(queries):
        for g in range(queries, count):
            low = sum(min(a, b) for a, b in zip(averaged[q], averaged[g], strict=True))
            high = sum(max(a, b) for a, b in zip(averaged[q], averaged[g], strict=True))
            result[q, g - queries] = (1 - weight) * (1 - low / high) + weight * distance[q, g]
    return result


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("k1", "k2", "weight"), [(5, 3, 0.3), (8, 1, 0.0), (2, 2, 0.7)])
def test_equals_the_slow_version(seed, k1, k2, weight):
    rng = np.random.default_rng(seed)
    count, queries = int(rng.integers(8, 26)), int(rng.integers(1, 5))
    vectors = rng.normal(size=(count, 3)).astype(np.float32)
    distances = reranking(k1=k1, k2=k2, original_weight=weight)
    ((rows, found),) = distances(vectors[:queries], vectors[queries:])
    assert rows.tolist() == list(range(queries))
    expected = slow(vectors.astype(float), queries, k1=k1, k2=k2, weight=weight)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_where_all_are_queries_none_is_its_own_neighbour():
    vectors = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)
    ((rows, found),) = reranking(k1=5, k2=3)(vectors, vectors)
    assert rows.tolist() == list(range(12))
    for query in range(12):
        order = [query, *(i for i in range(12) if i != query)]
        expected = slow(vectors[order].astype(float), 1, k1=5, k2=3, weight=0.3)[0]
        np.testing.assert_allclose(np.delete(found[query], query), expected, atol=2e-5)


def test_weight_one_keeps_the_ranking():
    rng = np.random.default_rng(3)
    items = Gallery(
        rng.normal(size=(30, 4)).astype(np.float32), rng.integers(0, 6, 30), np.arange(30)
    )
    plain = score(items, items, same_camera=False)
    same = score(items, items, same_camera=False, distances=reranking(original_weight=1.0))
    assert same.first_match.tolist() == plain.first_match.tolist()


def test_neighbours_in_common_bring_vehicles_together():
    # A chain of views from 0 to 6 belongs to one vehicle; a stranger lies nearer to its start.
    chain = np.arange(0, 6.5, 0.5)
    vectors = np.array([[x, 0.0] for x in chain] + [[0.0, 5.0], [0.0, 5.4], [0.0, 5.8]], np.float32)
    gallery = vectors[1:]
    ((_, found),) = reranking(k1=4, k2=1, original_weight=0.0)(vectors[:1], gallery)
    assert found[0, :3].max() < found[0, -3:].min()


@pytest.mark.parametrize(
    "options", [{"k1": 0}, {"k2": 0}, {"original_weight": 1.5}], ids=lambda o: next(iter(o))
)
def test_bad_numbers(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}.* must be"):
        reranking(**options)


def test_no_queries_no_distances():
    nothing = np.zeros((0, 4), np.float32)
    assert list(reranking()(nothing, np.ones((3, 4), np.float32))) == []
