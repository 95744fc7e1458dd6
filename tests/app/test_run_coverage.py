"""The main command keeps when its cameras did not watch, as it happens."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path

import yaml
from typer.testing import CliRunner

from app import assembly, query
from app.frames.live import LiveSource
from app.search.unwatched import not_watching_lines
from app.storage.coverage import coverage
from app.storage.store import Store
from tests.app.fakes import BLUE, RED, Car, ColourDetector, picture, standing
from tests.app.footage import grey, write_video
from tests.app.senders import interrupted_sender, nobody, silent_sender
from tests.app.workplace import FRAMES, Workplace

NOON = 1_777_896_000.0  # 2026-05-04 12:00:00 UTC
TIMES_FASTER = 20


def said(run: Path) -> list[str]:
    with Store.open(run) as store:
        return not_watching_lines(coverage(store))


def test_recordings_that_end_sooner_have_a_gap_or_cannot_be_read(place: Workplace) -> None:
    image = picture([Car(BLUE, standing(60))], 0)
    times_ms = [*range(0, 1000, 100), *range(7000, 8000, 100)]
    write_video(place.folder / "gap.mp4", times_ms, picture=image)
    cams = place.cams("a", "b", "empty")
    tree = yaml.safe_load(cams.read_text())
    tree["cameras"].append({"id": "gap", "source": str(place.folder / "gap.mp4")})
    cams.write_text(yaml.safe_dump(tree))
    result = place.run("--no-video", cams=cams)
    assert result.exit_code == 0, result.output
    line = "not watching: a from 0:00:05; empty at any time; gap 0:00:01 – 0:00:07 (gap)"
    assert said(place.out) == [line]
    assert line in (place.out / "report.html").read_text(encoding="utf-8")
    # One that was never there can be asked for, too.
    asked = ["--store", str(place.out), "--camera", "empty", "--after", "0:00:02"]
    result = CliRunner().invoke(query.app, asked)
    assert result.exit_code == 0, result.output
    assert "No sighting passes the filter." in result.output
    assert "not watching: empty at any time" in result.output.splitlines()


def test_a_recording_that_shows_nothing_is_not_watching(place: Workplace) -> None:
    write_video(place.folder / "dark.mp4", range(0, 4800, 100), picture=grey(0))
    cams = place.cams("a", "b")
    tree = yaml.safe_load(cams.read_text())
    tree["cameras"].append({"id": "dark", "source": str(place.folder / "dark.mp4")})
    cams.write_text(yaml.safe_dump(tree))
    result = place.run(cams=cams)
    assert result.exit_code == 0, result.output
    # Drawing reads it again, which is no news.
    assert result.stderr.count("camera dark: no picture since 0:00:00") == 1
    assert place.summary()["warnings"] == [
        "camera dark: no picture at times: its images were black, or of one colour"
    ]
    (line,) = said(place.out)
    assert "dark at any time (no picture)" in line
    assert line in (place.out / "report.html").read_text(encoding="utf-8")


def test_all_watched_all_the_time(place: Workplace) -> None:
    assert place.run("--no-video", cams=place.cams("a")).exit_code == 0
    assert said(place.out) == []
    report = (place.out / "report.html").read_text(encoding="utf-8")
    assert "not watching" not in report
    assert "stopped early" not in report


def test_answers_say_that_recordings_were_not_read_to_their_end(place: Workplace) -> None:
    assert place.run("--no-video", "--max-frames", "20", cams=place.cams("a")).exit_code == 0
    line = "stopped early: the recordings were read until 0:00:02, and not beyond"
    assert line in (place.out / "report.html").read_text(encoding="utf-8")
    asked = ["--run", str(place.out), "--camera", "a", "--json", str(place.folder / "a.json")]
    result = CliRunner().invoke(query.app, asked)
    assert line in result.output.splitlines()
    (one,) = json.loads((place.folder / "a.json").read_text(encoding="utf-8"))["cut_short"]
    assert 1.5 < one["last"] < 2.5


def test_recordings_that_end_at_the_limit_were_read_to_their_end(place: Workplace) -> None:
    assert place.run("--no-video", "--max-frames", str(FRAMES), cams=place.cams("a")).exit_code == 0
    assert "stopped early" not in (place.out / "report.html").read_text(encoding="utf-8")


def test_all_live_cameras_are_lost(place: Workplace, monkeypatch) -> None:
    begun = threading.Event()
    detector = ColourDetector(before=lambda call: begun.set())
    monkeypatch.setattr(assembly, "load_detector", lambda config: detector)
    began = time.monotonic()
    clock = {"clock": lambda: NOON + TIMES_FASTER * (time.monotonic() - began)}
    monkeypatch.setattr(
        LiveSource.__init__, "__kwdefaults__", LiveSource.__init__.__kwdefaults__ | clock
    )
    image = picture([Car(RED, standing(60))], 0)
    video = write_video(place.folder / "a.ts", range(0, 3000, 100), picture=image).read_bytes()
    with silent_sender(video, until=begun) as one, silent_sender(video, until=begun) as other:
        cams = place.cams()
        tree = yaml.safe_load(cams.read_text())
        # Both are called in vain for 0.4 s, which are eight by this clock.
        tree["cameras"] = [
            {"id": name, "source": source, "reconnect_s": 0.4}
            for name, source in {"a": one, "b": other}.items()
        ]
        cams.write_text(yaml.safe_dump(tree))
        result = place.run("--no-video", cams=cams)
    assert result.exit_code == 0, result.output
    (line,) = said(place.out)
    lost = r"from 12:\d\d:\d\d \(lost\)"
    assert re.fullmatch(rf"not watching: (all cameras {lost}|a {lost}; b {lost})", line)


def test_live_cameras_that_are_lost_or_never_answer(place: Workplace, monkeypatch) -> None:
    begun = threading.Event()
    detector = ColourDetector(before=lambda call: begun.set())
    monkeypatch.setattr(assembly, "load_detector", lambda config: detector)
    # It is away for 0.2 s at least, which are four by this clock.
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.2)
    began = time.monotonic()
    clock = {"clock": lambda: NOON + TIMES_FASTER * (time.monotonic() - began)}
    monkeypatch.setattr(
        LiveSource.__init__, "__kwdefaults__", LiveSource.__init__.__kwdefaults__ | clock
    )
    image = picture([Car(RED, standing(60))], 0)
    video = write_video(place.folder / "a.ts", range(0, 3000, 100), picture=image).read_bytes()
    with interrupted_sender(video, video, until=begun) as url, nobody() as off:
        cams = place.cams()
        tree = yaml.safe_load(cams.read_text())
        sources = {"lost": url, "off": off}
        tree["cameras"] = [
            {"id": name, "source": source, "reconnect_s": 1.5} for name, source in sources.items()
        ]
        cams.write_text(yaml.safe_dump(tree))
        result = place.run("--no-video", cams=cams)
    assert result.exit_code == 0, result.output
    (line,) = said(place.out)
    # In the end it is called in vain for 1.5 s, which are thirty. Its return, before that, must not
    # take as long, whatever else the machine does.
    once, again = r"12:\d\d:\d\d – 12:\d\d:\d\d \(lost\)", r"from 12:\d\d:\d\d \(lost\)"
    assert re.fullmatch(rf"not watching: lost {once}, {again}; off at any time", line)
    assert line in (place.out / "report.html").read_text(encoding="utf-8")
