"""The wheel works where nothing of the checkout is."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_carries_data_types_and_licences(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in (
        "comments.csv",
        "articles.csv",
        "codebook.toml",
        "sample_page.txt",
        "DATASHEET.md",
    ):
        assert f"stancekit/data/{name}" in names
    assert "stancekit/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("benchmark" in name or "test" in name for name in names)
    assert wheel.stat().st_size < 2_000_000


def test_the_corpus_loads_from_the_wheel(wheel, tmp_path):
    """Unpacked, so that the checkout cannot lend its files."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import stancekit, stancekit.datasets as d;"
        "print(stancekit.__file__); print(d.data_path('comments.csv'));"
        "print(len(stancekit.load_corpus()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    assert answer[0].startswith(str(tmp_path))
    assert answer[1].startswith(str(tmp_path))
    assert answer[2] == "11429"
