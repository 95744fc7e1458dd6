from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.association.naming import name_groups


@pytest.mark.parametrize(
    ("groups", "shown", "fixed", "taken", "expected"),
    [
        pytest.param([], [], {}, (), [], id="nobody"),
        pytest.param(["x"], [{}], {}, (), [100], id="new"),
        pytest.param(["x", "x"], [{4: 1.0}, {}], {}, (), [4, 4], id="joins the older"),
        pytest.param(
            ["x", "y", "x"],
            [{4: 1.0}, {4: 9.0}, {4: 1.0}],
            {},
            (),
            [4, 100, 4],
            id="split: most keep it",
        ),
        pytest.param(
            ["x", "x"], [{5: 9.0}, {4: 2.0}], {}, (), [4, 4], id="merged: the smaller number stays"
        ),
        pytest.param(
            ["x", "y"],
            [{20: 9.0}, {20: 4.0, 35: 8.0}],
            {},
            (),
            [20, 35],
            id="torn apart again: both get back what they had before",
        ),
        pytest.param(
            ["x", "x", "y"],
            [{4: 9.0}, {4: 9.0}, {4: 9.0, 20: 1.0}],
            {},
            (),
            [4, 4, 20],
            id="split: any number of old is better than a new one",
        ),
        pytest.param(["x"], [{4: 0.0}], {}, (), [4], id="shown in one frame"),
        pytest.param(["x"], [{4: 2.0, 6: 1.0}], {}, (4,), [6], id="taken by others"),
        pytest.param(["x", "y"], [{4: 1}, {7: 9}], {"x": 7}, (), [7, 100], id="fixed goes before"),
    ],
)
def test_names(
    groups: list[str],
    shown: list[dict[int, float]],
    fixed: dict[str, int],
    taken: tuple[int, ...],
    expected: list[int],
) -> None:
    numbers = count(100)
    found = name_groups(groups, shown, fixed=fixed, taken=taken, new_number=numbers.__next__)
    assert found == expected


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.dictionaries(st.integers(1, 6), st.floats(0, 9), max_size=3)
        ),
        max_size=12,
    )
)
def test_one_number_per_group_and_one_group_per_number(
    members: list[tuple[int, dict[int, float]]],
) -> None:
    numbers = count(100)
    groups = [group for group, _ in members]
    found = name_groups(
        groups, [s for _, s in members], fixed={}, taken=(), new_number=numbers.__next__
    )
    assert len(set(zip(groups, found, strict=True))) == len(set(groups)) == len(set(found))
