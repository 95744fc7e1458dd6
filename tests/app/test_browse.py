"""The command, in a process of its own: it serves until it is stopped."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.browse import app
from app.search.search_log import RECORDED_KEY
from app.storage.store import Store
from tests.app.stores import city_store


@pytest.fixture
def run(tmp_path: Path) -> Path:
    city_store(tmp_path / "run").close()
    return tmp_path / "run"


def test_it_serves_until_it_is_stopped(run: Path) -> None:
    command = [sys.executable, "-m", "app.browse", "--run", str(run), "--port", "0", "--read-only"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/\?key=\S+", line)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(address, timeout=60) as answer:
            assert b"3 vehicles" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address.partition("?")[0], timeout=60)
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            browser.open(f"{address.partition('?')[0]}correct", data=b"kind=undo&of=1", timeout=60)
        assert b"--read-only" in refused.value.read()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output == ""
    assert errors == "interrupted: stopped by Ctrl-C\n"


def test_a_port_that_is_taken(run: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["--run", str(run), "--port", port])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: --port {port}: ")
    assert "choose another, or 0 for a free one" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--run", "nowhere"], "nowhere"),
        (["--recordings", "nowhere"], "--recordings nowhere: no such folder"),
        (["--recordings", ".", "--recordings", "."], "2 for 1 run"),
    ],
)
def test_mistakes(run: Path, options: list[str], message: str) -> None:
    given = options if "--run" in options else ["--run", str(run), *options]
    result = CliRunner().invoke(app, ["--port", "0", *given])
    assert result.exit_code != 0
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_reason_is_needed_where_searches_are_recorded(run: Path) -> None:
    with Store.open(run, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    result = CliRunner().invoke(app, ["--port", "0", "--run", str(run)])
    assert result.exit_code == 2
    assert "each needs a reason" in result.stderr
