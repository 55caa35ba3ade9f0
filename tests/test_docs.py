"""What the README says is so."""

import re
from pathlib import Path

import pytest

import stancekit
from stancekit.cli import make_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_fits_on_a_screen():
    assert len(README.splitlines()) <= 125


@pytest.mark.parametrize("code", blocks("python"))
def test_python_in_the_readme_runs(code, monkeypatch, tmp_path):
    page = tmp_path / "page.txt"
    page.write_bytes((ROOT / "data" / "sample_page.txt").read_bytes())
    stancekit.load_corpus().head(300).to_csv(tmp_path / "labelled.csv", index=False)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


def test_every_command_in_the_readme_is_one():
    parser = make_parser()
    text = "\n".join(blocks("bash"))
    commands = re.findall(r"^(?:.*&& )?stancekit (.+)$", text, re.MULTILINE)
    assert commands
    for command in commands:
        parser.parse_args(command.split("  #")[0].split())


def test_the_readme_names_every_command():
    [action] = [a for a in make_parser()._actions if a.dest == "command"]
    for command in action.choices:
        assert f"stancekit {command}" in README


def test_every_version_is_the_same():
    assert stancekit.__version__ in (ROOT / "CITATION.cff").read_text("utf-8")
