"""What tests need that play and render a scene."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.city.renderer.egl import require_egl


def require_city() -> None:
    """Skip a test where there is no EGL or no SUMO."""
    require_egl()
    if not (Path(sys.executable).with_name("netconvert").exists() or shutil.which("netconvert")):
        pytest.skip("SUMO is not installed")
