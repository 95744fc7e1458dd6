"""What cannot be answered is a page that says so, and leads back."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from pathlib import Path

import pytest

from app.browsing.desk import Desk
from tests.app.browsing.conftest import Browse
from tests.app.browsing.reading import links, page


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/?sighting=north:9", "camera north has no sighting with track 9"),
        ("/?sighting=gate:1", "no such camera; known: north, south"),
        ("/?identity=7", "there is no identity 7"),
        ("/?camera=gate", "expected one of north, south"),
        ("/?after=noon", "expected ISO 8601"),
        ("/?after=08:40&before=08:30", "the end is earlier than"),
        ("/?sighting=north:1&not=north:1", "is also named as the vehicle"),
        ("/?picture=0123456789abcdef@1,2,3,4", "upload it again"),
        ("/?top=many", "expected a number of vehicles"),
        ("/view?of=gate", "expected one of north, south"),
        ("/view?of=south", "was live, and has no recording"),
        ("/view?of=north&at=nan", "expected a time"),
        ("/sighting?of=", "expected a sighting"),
        ("/picture?of=0123456789abcdef", "upload it again"),
    ],
)
def test_mistakes_are_told_in_a_line(browse: Browse, run: Path, address: str, message: str) -> None:
    answer = browse(run).get(address)
    assert answer.status_code == 400
    (told,) = re.findall(r'role="alert">([^<]*)<', answer.text)
    assert message in unescape(told)
    # Of options of commands.
    assert "--" not in told


def test_a_message_is_written_as_it_is(browse: Browse, run: Path) -> None:
    # A style that begins it with a capital would change the name of a file.
    message = page(browse(run), "/?sighting=north:9", status=400)
    assert 'class="notice" role="alert"' in message
    assert ".notice::first-letter" not in message


@pytest.mark.parametrize(
    ("address", "ways"),
    [
        # Where it is the search itself that does not work, it is of no use to go back to it.
        ("/?sighting=north:1&camera=gate", ["/?sighting=north%3A1"]),
        ("/?sighting=north:9", []),
        ("/?after=noon", []),
        ("/sighting?of=gate&sighting=north:1&camera=north", ["/?sighting=north%3A1&camera=north"]),
        ("/view?of=north&at=noon&class=car", ["/?class=car"]),
        ("/identities?sighting=north:1&top=many", []),
        ("/elsewhere?sighting=north:1", ["/?sighting=north%3A1"]),
    ],
)
def test_a_mistake_leads_back_to_the_search(
    browse: Browse, run: Path, address: str, ways: list[str]
) -> None:
    answer = browse(run).get(address)
    assert links(answer.text, "/") == ways
    assert 'href="/"' in answer.text


def test_what_was_sent_in_vain_leads_back_to_the_search(
    browse: Browse, run: Path, picture: bytes
) -> None:
    client = browse(run)
    form = {"sighting": "north:1", "camera": "north"}
    text = client.post("/picture", data=form, files={"file": ("notes.txt", b"a note")})
    refused = client.post("/correct", data=form | {"kind": "merge", "of": "1"})
    for answer in (text, refused):
        assert answer.status_code == 400
        assert links(answer.text, "/") == ["/?sighting=north%3A1&camera=north"]
        assert links(answer.text, "/corrections") == [
            "/corrections?sighting=north%3A1&camera=north"
        ]


def test_uploads_that_are_none(browse: Browse, run: Path) -> None:
    client = browse(run)
    text = client.post("/picture", files={"file": ("notes.txt", b"a note")})
    assert text.status_code == 400
    assert "notes.txt: not a readable image" in text.text
    nothing = client.post("/picture", data={"camera": "north"})
    assert "no picture was chosen" in nothing.text
    huge = client.post("/picture", headers={"content-length": "99999999999"}, content=b"")
    assert "more than 32 MB" in huge.text


def test_there_are_no_other_pages(browse: Browse, run: Path) -> None:
    client = browse(run)
    assert "There is no such page." in page(client, "/secrets", status=404)
    assert client.post("/").status_code == 405


def test_what_nobody_foresaw_is_a_page_too(
    browse: Browse, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("two\nlines")

    client = browse(run)
    monkeypatch.setattr(Desk, "sighting", fail)
    told = page(client, "/sighting?of=north:1&sighting=north:2", status=500)
    assert "RuntimeError: two lines" in told
    assert links(told, "/") == ["/?sighting=north%3A2"]


def test_a_page_that_ctrl_c_interrupts_is_no_traceback(
    browse: Browse, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    client = browse(run)
    monkeypatch.setattr(Desk, "do", cancelled)
    assert "app.browse is ending" in page(client, "/", status=503)
