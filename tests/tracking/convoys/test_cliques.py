from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tracking.convoys.cliques import cliques


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_the_largest_sets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in combinations(range(9), 2) if rng.random() < 0.5]
    known = set(pairs)
    whole = [
        group
        for size in range(3, 10)
        for group in combinations(range(9), size)
        if all(pair in known for pair in combinations(group, 2))
    ]
    largest = {one for one in whole if not any(set(one) < set(other) for other in whole)}
    assert set(cliques(pairs)) == largest


def test_no_pair_no_group() -> None:
    assert cliques([]) == []
    assert cliques([(1, 2)]) == []
