"""Build the documentation: ``sphinx-build -W docs docs/_build``, without a network."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
# The help of commands is as wide as a page, and without the colours of a terminal.
os.environ |= {"COLUMNS": "88", "NO_COLOR": "1"}

import generated_pages  # noqa: E402

import stancekit  # noqa: E402

project = "stancekit"
author = "the stancekit authors"
project_copyright = author
version = release = stancekit.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]
html_theme = "pydata_sphinx_theme"
html_title = f"stancekit {version}"
html_static_path = ["_static"]
html_css_files = ["page.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "tutorial": [], "ideas": [], "limits": []}
html_math_renderer = "mathml"

autosummary_generate = True
numpydoc_show_class_members = False
# What is shown was run by the tests, which keep the outputs of the notebooks.
nb_execution_mode = "off"
# None of them has widgets, whose scripts would come from elsewhere.
nb_ipywidgets_js: dict = {}
myst_heading_anchors = 3


def show_math(translator: Any, node: nodes.Element) -> None:
    """Write a formula as MathML, which browsers draw without a script."""
    block = isinstance(node, nodes.math_block)
    translator.body.append(tex2mathml(node.astext(), as_block=block))
    raise nodes.SkipNode


def leave_out_absent(app: Any, name: str, content: list[str]) -> None:
    """Take patterns that no page fits out of a list of pages."""
    for pattern in re.findall(r"^[\w/]+\*$", content[0], re.MULTILINE):
        if not any(HERE.glob(f"{pattern}.*")):
            content[0] = content[0].replace(f"{pattern}\n", "")


def is_of_scikit_learn(
    app: Any, what: str, name: str, member: Any, *_: Any
) -> bool | None:
    """Leave out methods whose documentation is scikit-learn's."""
    home = getattr(member, "__module__", None) or type(member).__module__
    return home.startswith("sklearn.") or None


def setup(app: Any) -> None:
    """Fetch what is not written by hand, and draw formulas."""
    app.connect("source-read", leave_out_absent)
    app.connect("autodoc-skip-member", is_of_scikit_learn)
    shutil.copytree(HERE.parent / "notebooks", HERE / "gallery", dirs_exist_ok=True)
    for make in (generated_pages.reference, generated_pages.command_line):
        (HERE / f"{make.__name__}.md").write_text(make(), encoding="utf-8")
    app.add_html_math_renderer("mathml", (show_math, None), (show_math, None))
