"""What `pip install .` installs, beside modules: weights, pages, shaders."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = [pattern.removesuffix("*") for pattern in SETUP["packages"]["find"]["include"]]
NO_DATA = {".py", ".pyc"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_installed_with_it(package: str) -> None:
    root = ROOT / package
    installed = {
        path for pattern in SETUP["package-data"].get(package, ()) for path in root.glob(pattern)
    }
    files = {path for path in root.rglob("*") if path.is_file() and path.suffix not in NO_DATA}
    assert files <= installed


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_modules_is_a_package(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
