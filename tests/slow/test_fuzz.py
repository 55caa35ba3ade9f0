"""Damaged sources and model files are read, or refused as documented; nothing else."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stancekit import readers
from stancekit.readers.sources import Format

FUZZ = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
INPUTS = 2000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux'"),
]


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", FUZZ)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_damaged_sources_are_read_or_refused_as_documented(fuzz):
    tally = fuzz.run(range(INPUTS))
    assert tally.findings == []
    families = {family.__name__.rpartition(".")[2] for family in readers.FAMILIES}
    assert set(tally.inputs) == {*families, fuzz.MODEL}
    # Those read by their own reader, whatever they look like.
    assert min(tally.named.values()) >= 100
    # Some damage is harmless: not all is refused at the door.
    assert all(tally.read[family] >= 10 for family in families)


def faulty(source):
    """Read a table as a careless reader would."""
    return {"text": [line.split(",")[4].lower() for _, line in source.lines()]}


def endless(source):
    while True:
        source.read_text()


def swelling(source):
    return {"text": [source.read_text()] * 10**9}


@pytest.mark.parametrize(
    ("reader", "error"),
    [(faulty, "IndexError"), (endless, "TooSlow"), (swelling, "MemoryError")],
)
def test_a_planted_fault_is_found(fuzz, monkeypatch, reader, error):
    planted = replace(readers.FORMATS["csv"], read=reader)
    assert isinstance(planted, Format)
    monkeypatch.setitem(readers.FORMATS, "csv", planted)
    monkeypatch.setattr(fuzz, "SECONDS", 0.5)
    place = list(fuzz.seeds()).index("tables")
    numbers = range(place, 400, len(fuzz.seeds()))
    cases = (fuzz.make_case(number) for number in numbers)
    found = [fuzz.examine(case)[1] for case in cases if case.format == "csv"]
    assert any(finding and finding.error.startswith(error) for finding in found)
