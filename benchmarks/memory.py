"""Whether memory grows with the length of a video: the peak of a clip and of the clip looped.

`python -m benchmarks.memory [--video FILE] [--loops 10] [--cams configs/cams.yaml] [--json FILE]`

Runs `python -m app.run` in fresh processes on a recording as it is and on itself ten times in a
row, without and with videos, and compares the most memory that was resident at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import av
import typer
import yaml
from rich.console import Console
from rich.table import Table

from app import terminal
from benchmarks.child import run_module
from benchmarks.environment import cores, describe
from benchmarks.report import JsonFile, write_report
from detector.console.command_line import run_command

MOST_GROWTH: Final = 1.1
"""Peak of the looped clip over the peak of the clip: what counts as not growing."""


def loop(video: Path, path: Path, *, times: int) -> None:
    """Write a recording several times in a row, without encoding it again.

    Args:
        video: The recording; its video stream begins with a keyframe.
        path: The longer one, in the same kind of container.
        times: How often.
    """
    with av.open(str(path), "w") as longer:
        copy = None
        offset = 0
        for _ in range(times):
            with av.open(str(video)) as clip:
                stream = clip.streams.video[0]
                copy = copy or longer.add_stream_from_template(stream)
                end = offset
                for packet in clip.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        # The empty packet that ends a stream.
                        continue
                    packet.pts += offset
                    packet.dts += offset
                    end = max(end, packet.pts + (packet.duration or 1))
                    packet.stream = copy
                    longer.mux(packet)
            offset = end


def write_config(cams: Path, video: Path, path: Path) -> None:
    """Write a configuration with the settings of another one, for one recording.

    Args:
        cams: Its settings are kept, its cameras and links are not.
        video: The recording.
        path: The new configuration.
    """
    settings: dict[str, Any] = yaml.safe_load(cams.read_text())
    camera = {"id": "camera", "source": str(video.resolve())}
    kept = {key: value for key, value in settings.items() if key not in {"cameras", "links"}}
    path.write_text(yaml.safe_dump(kept | {"cameras": [camera]}))


def measure(cams: Path, folder: Path, *, threads: int, video: bool) -> dict[str, Any]:
    """Do a whole run and return its frames, vehicles and peak of memory in MiB.

    Args:
        cams: Its configuration.
        folder: Where results go.
        threads: That torch computes with.
        video: Whether annotated videos are written.
    """
    options = [] if video else ["--no-video"]
    out = ["--out", str(folder), "--overwrite"]
    usage = run_module("app.run", "--cams", str(cams), *out, *options, threads=threads)
    summary = json.loads((folder / "summary.json").read_text())
    return {
        "frames": summary["frames"],
        "vehicles": summary["vehicles"],
        "peak_mib": round(usage.peak_bytes / 2**20, 1),
        "seconds": round(usage.seconds, 1),
    }


def compare(
    cams: Path, clip: Path, *, loops: int, threads: int, screen: Console
) -> dict[str, dict[str, Any]]:
    """Return what the clip and the looped clip took, without and with videos.

    Args:
        cams: Configuration whose settings are used.
        clip: The recording.
        loops: How long the longer one is, in clips.
        threads: That torch computes with.
        screen: Says what has been done.
    """
    results: dict[str, dict[str, Any]] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        looped = folder / f"looped{clip.suffix}"
        loop(clip, looped, times=loops)
        for title, video in (("without video", False), ("with video", True)):
            peaks = {}
            for length, recording in (("once", clip), ("looped", looped)):
                config = folder / f"{length}.yaml"
                write_config(cams, recording, config)
                peaks[length] = measure(config, folder / "run", threads=threads, video=video)
                screen.print(f"{title}, {length}: {peaks[length]['peak_mib']} MiB")
            growth = peaks["looped"]["peak_mib"] / peaks["once"]["peak_mib"]
            results[title] = peaks | {"ratio": growth, "flat": growth <= MOST_GROWTH}
    return results


def table_of(results: dict[str, dict[str, Any]], *, loops: int) -> Table:
    """Return the table of peaks."""
    table = Table(
        "", "once, MiB", f"{loops} times, MiB", "ratio", "flat", title="Peak resident memory"
    )
    for title, result in results.items():
        peaks = [f"{result[length]['peak_mib']:.0f}" for length in ("once", "looped")]
        verdict = "yes" if result["flat"] else "no"
        table.add_row(title, *peaks, f"{result['ratio']:.3f}", verdict)
    return table


def main(
    video: Annotated[Path, typer.Option(help="The recording.", exists=True)] = Path(
        "sample_videos/camA1.mp4"
    ),
    loops: Annotated[int, typer.Option(min=2, help="Length of the longer one, in clips.")] = 10,
    cams: Annotated[
        Path, typer.Option(help="Configuration whose settings are used.", exists=True)
    ] = Path("configs/cams.yaml"),
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of torch.", show_default="all cores")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure whether memory grows with the length of a video."""
    screen = terminal.console(stderr=True)
    with terminal.command_frame(screen=screen):
        environment = describe()
        results = compare(cams, video, loops=loops, threads=threads or cores(), screen=screen)
        terminal.console().print(table_of(results, loops=loops))
        settings = {"video": str(video), "loops": loops, "cams": str(cams)}
        report = {"environment": environment, "settings": settings, "results": results}
        write_report(json_file, report)


if __name__ == "__main__":
    run_command(main)
