"""The pages say where things are: their links, their anchors and the modules that they name."""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for folder in (".", "docs", "city/sky", "detector/weights", "reid/weights", "sample_videos")
    for page in (ROOT / folder).glob("*.md")
)
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PACKAGES = ("app", "benchmarks", "city", "detector", "reid", "tests", "tracking")
INDEXED = ("app", "detector", "reid", "tracking")
"""Packages whose modules are all in the index of the architecture page."""


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named_modules(page: Path) -> set[str]:
    return set(re.findall(r"`([\w/]+\.py)`", prose(page)))


def modules(package: str) -> set[str]:
    paths = (ROOT / package).rglob("*.py")
    return {path.relative_to(ROOT).as_posix() for path in paths if path.name != "__init__.py"}


def indexed_modules() -> set[str]:
    """Return the modules in the index of the architecture page, as paths.

    A name without a folder is in that of its section, of the first column, or of the name before.
    """
    index = prose(ARCHITECTURE).split("## Module index")[1].split("\n## ")[0]
    found = set()
    section = package = ""
    for line in index.splitlines():
        if line.startswith("#"):
            section = package = next(iter(re.findall(r"`(\w[\w/]*)/`", line)), "")
        if not line.startswith("|"):
            continue
        if first := re.match(r"\| `(\w+)/` \|", line):
            package = f"{section}/{first[1]}"
        folder = package
        for name in re.findall(r"`([\w/]+\.py)`", line):
            folder = name.rpartition("/")[0] or folder
            found.add(f"{folder}/{name.rpartition('/')[2]}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_section_is_empty(page):
    headings = re.findall(r"^(#+) (.+)\n+(?=(#+) )", prose(page), flags=re.M)
    empty = [title for level, title, after in headings if len(after) <= len(level)]
    assert not empty


def test_the_index_names_every_module_where_it_is():
    there = set().union(*(modules(package) for package in INDEXED))
    named = indexed_modules()
    assert not there - named
    assert not {name for name in named if name.startswith(INDEXED)} - there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_modules_exist(page):
    if page.name == "CHANGELOG.md":
        pytest.skip("it names what there was")
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    for name in named_modules(page):
        assert any(path.as_posix().endswith(f"/{name}") for path in found), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_prose_wraps_at_120_characters(page):
    # Tables and images cannot be wrapped, and what is indented by four is code.
    unwrapped = re.compile(r"\s*\||!\[| {4}")
    long = [line for line in prose(page).splitlines() if len(line) > 120]
    assert not [line for line in long if not unwrapped.match(line)]


@functools.cache
def options(command: str) -> set[str]:
    """Return the options of a command, or of all its subcommands."""
    module = importlib.import_module(command)
    if (program := getattr(module, "app", None)) is None:
        program = typer.Typer(add_completion=False)
        program.command()(module.main)
    found = typer.main.get_command(program)
    commands = getattr(found, "commands", {"": found}).values()
    named = [option for one in commands for option in one.params]
    return {"--help"} | {name for one in named for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_have_the_options_that_pages_show(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    commands = re.findall(rf"python -m ((?:{'|'.join(PACKAGES)})\.\w+)([^\n`#]*)", text)
    for command, arguments in commands:
        shown = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", arguments.split("python -m")[0]))
        assert not shown - options(command), command
