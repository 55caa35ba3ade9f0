"""Arrows between modules point downwards only."""

import ast
import re
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import stancekit

PACKAGE = Path(stancekit.__file__).parent

# A new arrow, or a module on another floor, is a line in this table.
FLOORS = [
    {"errors", "columns", "files", "html_table"},
    {"threads", "labels", "intervals", "ngrams"},
    {"readers", "features", "prevalence", "folds"},
    {"classifier", "annotation"},
    {"conversation"},
    {"evaluation", "explanation", "persistence"},
    {"displays"},
    {"training"},
    {"datasets"},
    {"scoring"},
    {"report"},
    {"cli"},
]
FLOOR_OF = {module: floor for floor, row in enumerate(FLOORS) for module in row}

FILES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [path for path in FILES if path != PACKAGE / "__init__.py"]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path):
    parts = ("stancekit", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


NAMES = {dotted(path) for path in FILES}


def imports(path):
    """The files of stancekit that a file imports, wherever in it, and what of them."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield (name, "") if name in NAMES else (node.module, alias.name)


def imported_modules(path):
    """The modules of stancekit that a file imports."""
    found = (name.split(".") for name, _ in imports(path) if name in NAMES)
    return {parts[1] for parts in found if len(parts) > 1}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    module = module_of(path)
    for imported in imported_modules(path) - {module}:
        assert imported in FLOOR_OF, f"{imported} is in no row of the table"
        assert FLOOR_OF[imported] < FLOOR_OF[module], (
            f"{module} imports {imported}, which is not below it"
        )


def test_no_files_import_each_other_in_a_circle():
    """Also inside packages, in functions and for types alone."""
    graph = {
        dotted(path): {name for name, _ in imports(path) if name in NAMES}
        for path in FILES
    }
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("stancekit.errors") < order.index("stancekit.cli")


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def private_names(path, context):
    """The private names that a file defines or sets, or uses of other objects."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, context):
            name = node.attr
        elif context is ast.Store and isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            name = node.name
        elif context is ast.Store and isinstance(node, (ast.Name, ast.arg)):
            name = getattr(node, "id", "") or getattr(node, "arg", "")
        else:
            continue
        if is_private(name):
            yield name


def test_nothing_uses_private_names_of_another_module():
    own = defaultdict(set)
    for path in SOURCES:
        own[module_of(path)] |= set(private_names(path, ast.Store))
    everybodys = set().union(*own.values())
    for path in SOURCES:
        used = set(private_names(path, ast.Load))
        used |= {name for home, name in imports(path) if home in NAMES} & everybodys
        others = used & everybodys - own[module_of(path)]
        assert not others, f"{path} uses {others} of another module"


def test_the_table_of_contributing_is_this_one():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text, flags=re.M)
    written = {int(floor): set(re.findall(r"`(\w+)`", row)) for floor, row in rows}
    assert written == dict(enumerate(FLOORS))


def test_every_module_is_in_the_table():
    assert {module_of(path) for path in SOURCES} == set(FLOOR_OF)


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
