"""`app.run` in a process of its own, with models that see colours, and with an accident.

Usage: python -m tests.integration.colour_run ACCIDENT CALL <arguments of app.run>

ACCIDENT happens before the detector's CALL-th batch: "kill" is `kill -9`, "pause" waits, after
making the file `paused` in the working folder, until somebody removes it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from app import assembly
from app.run import app
from tests.app.fakes import ColourDetector, ColourEmbedder

POLL_S = 0.02


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def pause() -> None:
    mark = Path("paused")
    mark.touch()
    while mark.exists():
        time.sleep(POLL_S)


ACCIDENTS = {"kill": kill, "pause": pause}

if __name__ == "__main__":
    accident, call = ACCIDENTS[sys.argv[1]], int(sys.argv[2])

    def before(now: int) -> None:
        if now == call:
            accident()

    assembly.load_detector = lambda config: ColourDetector(before=before)
    assembly.load_embedder = lambda config: ColourEmbedder()
    app(sys.argv[3:])
