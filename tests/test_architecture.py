"""Arrows between modules point downwards only."""

import ast
from pathlib import Path

import pytest

import stancekit

PACKAGE = Path(stancekit.__file__).parent

# A new arrow, or a module on another floor, is a line in this table.
FLOORS = [
    {"errors"},
    {"threads", "intervals", "ngrams"},
    {"labels", "readers", "features", "prevalence"},
    {"classifier"},
    {"conversation"},
    {"evaluation", "explanation", "persistence"},
    {"training", "annotation"},
    {"datasets"},
    {"report", "scoring"},
    {"cli"},
]
FLOOR_OF = {module: floor for floor, row in enumerate(FLOORS) for module in row}

SOURCES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path.parent != PACKAGE or path.stem != "__init__"
)


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(path):
    """The modules of stancekit that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "stancekit"
        ):
            parts = node.module.split(".")[1:]
            yield from [parts[0]] if parts else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "stancekit" and len(parts) > 1:
                    yield parts[1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    module = module_of(path)
    for imported in set(imported_modules(path)) - {module}:
        assert imported in FLOOR_OF, f"{imported} is in no row of the table"
        assert FLOOR_OF[imported] < FLOOR_OF[module], (
            f"{module} imports {imported}, which is not below it"
        )


def test_families_of_readers_import_nothing_of_each_other():
    from stancekit.readers import FAMILIES

    families = {family.__name__.rpartition(".")[2] for family in FAMILIES}
    for name in families:
        tree = ast.parse((PACKAGE / "readers" / f"{name}.py").read_text("utf-8"))
        imported = {
            node.module.rpartition(".")[2]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not imported & (families - {name})


def test_no_module_is_a_drawer():
    names = {path.stem for path in PACKAGE.rglob("*.py")}
    assert not names & {"utils", "base", "common", "helpers"}
