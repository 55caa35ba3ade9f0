"""Write the pages that the code tells by itself: reference and command line."""

import argparse
import importlib
from collections import defaultdict

import stancekit
from stancekit.cli import make_parser

# In the order of the work; what is not named here comes last.
ORDER = (
    "readers threads labels annotation datasets scoring explanation report "
    "classifier conversation features training evaluation folds displays prevalence "
    "persistence"
).split()
HEAD = """# Reference

All that is promised; the rest of the package may change without a word.

```{eval-rst}
.. currentmodule:: stancekit
```
"""
GROUP = """
## {title}

```{{eval-rst}}
.. autosummary::
   :toctree: api

   {names}
```
"""


def reference() -> str:
    """Return the page of all public names, by the package that they live in."""
    homes = defaultdict(list)
    for name in stancekit.__all__:
        homes[getattr(stancekit, name).__module__.split(".")[1]].append(name)
    homes = dict(
        sorted(homes.items(), key=lambda home: [*ORDER, home[0]].index(home[0]))
    )
    groups = [
        GROUP.format(title=_purpose(home), names="\n   ".join(names))
        for home, names in homes.items()
    ]
    return HEAD + "".join(groups)


def _purpose(home: str) -> str:
    said = importlib.import_module(f"stancekit.{home}").__doc__
    return said.splitlines()[0].rstrip(".")


def command_line() -> str:
    """Return the page of what each command says of itself."""
    pages = ["# The command line\n\nWhat `stancekit COMMAND --help` says.\n"]
    [commands] = [
        action
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    for name, command in commands.choices.items():
        said = command.format_help().rstrip()
        pages.append(f"\n## stancekit {name}\n\n```text\n{said}\n```\n")
    return "".join(pages)
