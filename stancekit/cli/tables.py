"""Read and write the tables that a command names."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

import pandas as pd

from stancekit.cli.telling import told_if_long
from stancekit.errors import ReadError
from stancekit.labels import Codebook
from stancekit.readers import read_comments
from stancekit.scoring import write_comments
from stancekit.scoring.writing import check_target, to_bytes


def codebook_of(arguments: Namespace) -> Codebook | None:
    """Return the codebook that was named, None where none was."""
    return Codebook.load(arguments.codebook) if arguments.codebook else None


def read_source(arguments: Namespace) -> pd.DataFrame:
    """Return the comments of the source, read as the options say."""
    sources = arguments.source
    if "-" in sources and sys.stdin is None:
        raise ReadError("Standard input is closed. Name a file.")
    given = given_options(arguments, "format", "skip_bad_lines", "max_bytes", "sheet")
    if arguments.column:
        given["columns"] = dict(arguments.column)
    with told_if_long(f"Reading {', '.join(sources)}"):
        return read_comments(sources[0] if len(sources) == 1 else sources, **given)


def given_options(arguments: Namespace, *names: str) -> dict[str, Any]:
    """Return the options that were given, of some."""
    return {name: value for name in names if (value := getattr(arguments, name))}


def check_output(arguments: Namespace) -> None:
    """Refuse an output that cannot be, before the work is done."""
    if arguments.output not in (None, "-"):
        check_target(arguments.output, force=arguments.force)


def write_table(table: pd.DataFrame, arguments: Namespace) -> None:
    """Write a table to the output; print it where there is none."""
    if arguments.output in (None, "-"):
        print_table(table, arguments)
        return
    write_comments(
        table, arguments.output, force=arguments.force, excel=arguments.excel
    )
    print(f"{len(table):,} rows written to {arguments.output}", file=sys.stderr)


def print_table(table: pd.DataFrame, arguments: Namespace) -> None:
    """Write the bytes that a file would have, whatever the terminal's encoding."""
    ending = ".jsonl" if arguments.json else ".csv"
    excel = getattr(arguments, "excel", False)
    # What was printed before goes first; the buffer below knows nothing of it.
    sys.stdout.flush()
    sys.stdout.buffer.write(to_bytes(table, ending, excel=excel))
