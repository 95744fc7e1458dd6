"""The log of searches: kept, read again, and its chain of hashes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from app.errors import ConfigError, OutputError
from app.search.search_log import Search, append, read
from tests.little_room import little_room

if TYPE_CHECKING:
    from pathlib import Path


def search(reason: str = "case 7") -> Search:
    return Search(
        at="2026-05-04T10:00:00Z",
        by="Zoë",
        reason=reason,
        searched_for="car in ünter.jpg",
        pictures=("ab12",),
        conditions="only in gate",
        identities=(4, 2),
        sightings=(9, 1, 3),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "searches.jsonl"


def test_searches_are_read_as_they_were_kept(path: Path) -> None:
    kept = [search("one"), search("two\nlines"), search("three")]
    for one in kept:
        append(path, one)
    log = read(path)
    assert list(log.searches) == kept
    assert not log.broken
    assert len(path.read_bytes().splitlines()) == 3


def test_names_that_are_not_utf_8_are_kept_as_far_as_they_can_be_read(path: Path) -> None:
    append(path, search("of caf\udce9.jpg"))
    append(path, search("two"))
    log = read(path)
    assert [one.reason for one in log.searches] == ["of caf?.jpg", "two"]
    assert not log.broken


def test_a_log_that_is_not_there_is_empty(path: Path) -> None:
    assert read(path).searches == ()
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda lines: [lines[0].replace(b"r0", b"rX"), *lines[1:]], (2,)),
        (lambda lines: [lines[0], *lines[2:]], (2,)),
        (lambda lines: [lines[1], lines[0], *lines[2:]], (1, 2, 3)),
        (lambda lines: lines[1:], (1,)),
        (lambda lines: [lines[0], lines[0], *lines[1:]], (2,)),
    ],
)
def test_changed_lines_break_the_chain(path: Path, change, broken: tuple[int, ...]) -> None:  # type: ignore[no-untyped-def]
    for number in range(4):
        append(path, search(f"r{number}"))
    path.write_bytes(b"\n".join(change(path.read_bytes().splitlines())) + b"\n")
    assert read(path).broken == broken


def test_going_on_after_a_broken_line_breaks_nothing_more(path: Path) -> None:
    for number in range(3):
        append(path, search(f"r{number}"))
    path.write_bytes(path.read_bytes().replace(b"r1", b"rX"))
    append(path, search("later"))
    assert read(path).broken == (3,)


def test_searches_at_the_same_time_are_all_kept(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(path, search(str(n))), range(24)))
    log = read(path)
    assert sorted(int(one.reason) for one in log.searches) == list(range(24))
    assert not log.broken


@pytest.mark.parametrize("damage", [b"not json\n", b"[]\n", b'{"before": ""}\n', b'{"bef'])
def test_a_damaged_log_is_named_and_left_alone(path: Path, damage: bytes) -> None:
    append(path, search())
    content = path.read_bytes() + damage
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"searches\.jsonl, line 2: no valid entry, or truncated"):
        read(path)
    with pytest.raises(ConfigError, match="line 2"):
        append(path, search())
    assert path.read_bytes() == content


def test_a_last_line_without_its_end_is_not_written_on(path: Path) -> None:
    append(path, search())
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    with pytest.raises(ConfigError, match=r"line 1: .* truncated"):
        append(path, search())


def test_of_a_search_that_a_full_disk_has_no_room_for_nothing_stays(path: Path) -> None:
    append(path, search())
    before = path.read_bytes()
    with little_room(len(before) + 50), pytest.raises(OutputError, match=r"searches\.jsonl"):
        append(path, search("case 8"))
    assert path.read_bytes() == before
    append(path, search("case 8"))
    assert [one.reason for one in read(path).searches] == ["case 7", "case 8"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="searches of this run are logged"):
        append(tmp_path, search())
    assert read(tmp_path / "missing" / "searches.jsonl").searches == ()
