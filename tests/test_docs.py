"""What README and documentation say is so."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

import stancekit
from stancekit.cli import make_parser

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("howto/*.md")]


def load(name):
    """A script of the documentation's folder, as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def words_of(text):
    """Words without numbers, which differ with the versions of other packages."""
    return re.sub(r"[\d.,\s-]+", " ", text)


def test_the_readme_fits_on_a_screen():
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_in_the_readme_runs(code, monkeypatch, tmp_path):
    page = tmp_path / "page.txt"
    page.write_bytes((ROOT / "data" / "sample_page.txt").read_bytes())
    stancekit.load_corpus().head(300).to_csv(tmp_path / "labelled.csv", index=False)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


def test_the_tutorial_prints_what_it_says(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "")  # as it was, at the end
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    printed = load("blocks").printed_by(text, tmp_path)
    for found, said in zip(printed, blocks(text, "text"), strict=True):
        assert words_of(found) == words_of(said)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_and_name_on_a_page_is_one(page):
    text, parser = page.read_text(encoding="utf-8"), make_parser()
    shell = "\n".join(blocks(text, "bash"))
    for command in re.findall(r"^(?:.*&& )?stancekit (.+)$", shell, re.MULTILINE):
        parser.parse_args(shlex.split(command, comments=True))
    names = re.findall(r"(?:~|\b(?<!/))stancekit\.(\w+)\(?", text)
    assert [name for name in names if not hasattr(stancekit, name)] == []


def commands():
    [action] = [a for a in make_parser()._actions if a.dest == "command"]
    return list(action.choices)


def test_the_readme_names_every_command():
    for command in commands():
        assert f"stancekit {command}" in README


def test_the_documentation_has_every_command_and_public_name():
    pages = load("generated_pages")
    listed = set(re.findall(r"^   (\w+)$", pages.reference(), re.MULTILINE))
    assert listed == set(stancekit.__all__)
    for command in commands():
        assert f"usage: stancekit {command}" in pages.command_line()


def test_every_version_is_the_same():
    assert stancekit.__version__ in (ROOT / "CITATION.cff").read_text("utf-8")
