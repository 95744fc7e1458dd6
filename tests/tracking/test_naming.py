from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.naming import name_groups


@pytest.mark.parametrize(
    ("groups", "former", "fixed", "taken", "expected"),
    [
        pytest.param([], [], {}, (), [], id="nobody"),
        pytest.param(["x"], [None], {}, (), [100], id="new"),
        pytest.param(["x", "x"], [4, None], {}, (), [4, 4], id="joins the older"),
        pytest.param(["x", "x", "y"], [4, 4, 4], {}, (), [4, 4, 100], id="split: most keep it"),
        pytest.param(["x", "x"], [4, 5], {}, (), [4, 4], id="merged: the smaller number stays"),
        pytest.param(["x"], [4], {}, (4,), [100], id="taken by others"),
        pytest.param(["x", "y"], [4, 7], {"x": 7}, (), [7, 100], id="fixed goes before former"),
    ],
)
def test_names(
    groups: list[str],
    former: list[int | None],
    fixed: dict[str, int],
    taken: tuple[int, ...],
    expected: list[int],
) -> None:
    numbers = count(100)
    found = name_groups(groups, former, fixed=dict(fixed), taken=taken, new_number=numbers.__next__)
    assert found == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(1, 6)), max_size=12))
def test_one_number_per_group_and_one_group_per_number(
    members: list[tuple[int, int | None]],
) -> None:
    numbers = count(100)
    groups = [group for group, _ in members]
    found = name_groups(
        groups, [f for _, f in members], fixed={}, taken=(), new_number=numbers.__next__
    )
    assert len(set(zip(groups, found, strict=True))) == len(set(groups)) == len(set(found))
