"""Write comment tables to files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from stancekit.persistence import open_new


def write_comments(
    table: pd.DataFrame, path: str | os.PathLike[str], *, force: bool = False
) -> None:
    r"""Write a comment table to a file, whole or not at all.

    Parameters
    ----------
    table : DataFrame
        Any table.
    path : path
        Ends in ``.csv``, ``.tsv`` or ``.jsonl``.
    force : bool, default=False
        Replace the file if it exists.

    Raises
    ------
    ValueError
        If the ending is another one.
    FileExistsError
        If the file exists and `force` is not set.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"text": ["Reden!"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_comments(table, f"{folder}/comments.csv")
    ...     Path(folder, "comments.csv").read_text()
    'text\nReden!\n'
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise ValueError(
            f"{path} ends in {ending or 'nothing'!r}; tables are written to files that "
            f"end in {', '.join(FORMATS)}."
        )
    with open_new(path, force=force) as stream:
        stream.write(FORMATS[ending](table).encode())


def to_csv(table: pd.DataFrame) -> str:
    """Return a table as comma-separated values."""
    return table.to_csv(index=False, lineterminator="\n")


def to_tsv(table: pd.DataFrame) -> str:
    """Return a table as tab-separated values."""
    return table.to_csv(index=False, sep="\t", lineterminator="\n")


def to_jsonl(table: pd.DataFrame) -> str:
    """Return a table as one JSON object a line; missing values are null."""
    stream = io.StringIO()
    table.to_json(
        stream, orient="records", lines=True, force_ascii=False, date_format="iso"
    )
    return stream.getvalue()


FORMATS: dict[str, Callable[[pd.DataFrame], str]] = {
    ".csv": to_csv,
    ".tsv": to_tsv,
    ".jsonl": to_jsonl,
}
