"""The page of vehicles that travel together, for one of them and for a run."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.convoys import app
from app.running import models
from app.search.companion_text import ROADS
from app.search.search_log import RECORDED_KEY, read
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from tests.app.browsing.conftest import Browse
from tests.app.stores import START
from tests.app.traffic import CAMERAS, background, convoy, traffic_store


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    """A run with background traffic, in which 1 and 2 travel together."""
    traffic_store(tmp_path / "monday", [*background(), *convoy(1, 2)]).close()
    return tmp_path / "monday"


def page(client: TestClient, address: str, *, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def found(text: str) -> str:
    """What a page says was found: all below its form, without links."""
    below = text.partition("</section>")[2].partition("<footer>")[0]
    return " ".join(re.sub(r"</?a\b[^>]*>|look at both|<[^>]*>", " ", below).split())


def test_an_identity_leads_to_its_companions(browse: Browse, traffic: Path) -> None:
    client = browse(traffic)
    (link,) = re.findall(
        r'href="(/convoys[^"]*)">Who travels with it', page(client, "/identities?of=2&camera=north")
    )
    text = page(client, link)
    assert "<h1>Vehicles that travel with identity 2</h1>" in text
    assert "identity 1, 2.0 s earlier" in text
    assert "stands out" in text
    assert ROADS in text
    # On to both, to each, and to the sightings; the filter stays.
    for address in (
        "/identities?camera=north&of=2&of=1",
        "/identities?camera=north&of=1",
        "/sighting?camera=north&of=north%3A61",
        "/convoys?camera=north",
    ):
        assert f'href="{address}"' in text


def test_all_pairs_are_listed_as_by_the_command(
    browse: Browse, traffic: Path, tmp_path: Path
) -> None:
    report = tmp_path / "convoy.html"
    assert not CliRunner().invoke(app, ["--run", str(traffic), "--report", str(report)]).exit_code
    text = page(browse(traffic), "/convoys")
    assert "1 of the 10 listed stands out" in text
    assert found(text).removesuffix(" Show more") == found(unescape(report.read_text()))


def test_what_counts_as_together_can_be_said(browse: Browse, traffic: Path) -> None:
    client = browse(traffic)
    assert "1 pair<" in page(client, "/convoys?within=3&at_least=5")
    assert "0 pairs<" in page(client, "/convoys?within=1&at_least=5")
    assert "0 pairs<" in page(client, "/convoys?of=1&before=08:31:45")
    # What was said stays in the form.
    asked = page(client, "/convoys?within=3&at_least=5&of=1&after=08:30:10")
    for name, value in (("within", 3), ("at_least", 5), ("of", 1), ("after", "08:30:10")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', asked)


def test_more_pairs_are_shown(browse: Browse, traffic: Path) -> None:
    client = browse(traffic)
    text = page(client, "/convoys?within=20&class=car")
    assert "The first 10 of " in text
    (longer,) = re.findall(r'href="([^"]*)">Show more', text)
    assert longer == "/convoys?class=car&within=20&pairs=20"
    assert text.count("<article") == 10
    assert page(client, longer).count("<article") > 10


def test_who_has_no_companions(browse: Browse, tmp_path: Path) -> None:
    traffic_store(tmp_path / "run", [*background(), (7, "south", 20.0)]).close()
    text = page(browse(tmp_path / "run"), "/convoys?of=7")
    assert "Identity 7 passed south only: who travels with it cannot be told" in text


def test_a_run_without_a_vehicle(browse: Browse, tmp_path: Path) -> None:
    traffic_store(tmp_path / "run", []).close()
    text = page(browse(tmp_path / "run"), "/convoys")
    assert "0 pairs<" in text
    assert "No such pair passed so many cameras together." in text
    Store.create(tmp_path / "new").close()
    text = page(browse(tmp_path / "new"), "/convoys")
    assert "There are not enough cameras: none." in text


def test_when_cameras_were_not_watching(browse: Browse, traffic: Path) -> None:
    text = page(browse(traffic), "/convoys?after=08:29:00")
    assert "not watching: all cameras until 08:30:00" in text


def test_who_is_shown_is_recorded(browse: Browse, traffic: Path) -> None:
    with Store.open(traffic, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    text = page(browse(traffic, by="jo", reason="case 7"), "/convoys?of=2&at_least=3")
    assert "Searched by jo: case 7" in text
    (kept,) = read(RunFolder(traffic).searches).searches
    assert (kept.by, kept.reason) == ("jo", "case 7")
    assert kept.searched_for == "vehicles that travel with identity 2"
    assert kept.conditions == "within 10 s at 3 cameras or more"
    assert kept.identities == (2, 1)
    assert len(kept.sightings) == 2 * len(CAMERAS)


def test_several_runs(browse: Browse, traffic: Path, tmp_path: Path) -> None:
    passes = [*background(), *convoy(1, 5)]
    traffic_store(tmp_path / "tuesday", passes, start=START + 86_400.0).close()
    for folder in (traffic, tmp_path / "tuesday"):
        with Store.open(folder, readonly=False) as store:
            store.set_meta(models.REID_KEY, {"weights": "x", "sha256": "y"})
            store.commit()
    client = browse(traffic, tmp_path / "tuesday")
    text = page(client, "/convoys?at_least=5")
    assert "/identities?of=monday%2F1&of=monday%2F2" in text
    assert "/identities?of=tuesday%2F1&of=tuesday%2F5" in text
    assert "with identity tuesday/5" in page(client, "/convoys?of=tuesday/5")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/convoys?of=800", "there is no identity 800"),
        ("/convoys?of=gate", "identity gate: expected a number"),
        ("/convoys?within=0", "within 0 s: expected seconds above 0, at most 60"),
        ("/convoys?within=soon", "within soon s: expected seconds, such as 10"),
        ("/convoys?at_least=1", "at 1 cameras: expected 2 or more"),
        ("/convoys?at_least=all", "at all cameras: expected a number"),
        ("/convoys?pairs=0", "pairs 0: expected a number of pairs from 1 to 200"),
        ("/convoys?pairs=0000000019999", "expected a number of pairs from 1 to 200"),
        ("/convoys?after=noon", "expected ISO 8601"),
    ],
)
def test_mistakes_are_told_in_a_line(
    browse: Browse, traffic: Path, address: str, message: str
) -> None:
    (told,) = re.findall(r'role="alert">([^<]*)<', page(browse(traffic), address, status=400))
    assert message in told
    assert "--" not in told
