"""Write comment tables to files."""

from __future__ import annotations

import io
import os
from codecs import BOM_UTF8
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import pandas as pd

from stancekit.errors import missing_extra
from stancekit.files import open_new, refuse_existing
from stancekit.scoring.arrow_csv import csv_rows

DELIMITERS = {".csv": ",", ".tsv": "\t"}
# What can be written a part at a time, and what cannot.
ENDINGS_OF_PARTS = (*DELIMITERS, ".jsonl", ".parquet")
ENDINGS = (*ENDINGS_OF_PARTS, ".xlsx")
# Rows turned into bytes at a time, so that these need little memory.
ROWS = 50_000
# With them a cell begins that Excel and LibreOffice compute, or may be made to.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_comments(
    table: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    excel: bool = False,
) -> None:
    r"""Write a comment table to a file, whole or not at all.

    Parameters
    ----------
    table : DataFrame
        Any table.
    path : path
        Ends in ``.csv``, ``.tsv``, ``.jsonl``, ``.parquet`` or ``.xlsx``.
    force : bool, default=False
        Replace the file if it exists.
    excel : bool, default=False
        Write CSV for Excel: with a byte order mark, and an apostrophe before texts
        that Excel would take for formulas, as they begin with ``=``, ``+``, ``-``,
        ``@``, a tab or a carriage return.

    Raises
    ------
    ValueError
        If the ending is another one.
    FileExistsError
        If the file exists and `force` is not set.
    ImportError
        If a workbook is wanted and openpyxl is not installed, or Parquet and pyarrow.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"text": ["Reden!"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_comments(table, f"{folder}/comments.csv")
    ...     Path(folder, "comments.csv").read_text()
    'text\nReden!\n'
    """
    ending = check_target(path, force=force)
    parts = (
        table.iloc[start : start + ROWS] for start in range(0, max(len(table), 1), ROWS)
    )
    with open_new(path, force=force) as stream:
        write_parts(parts, stream, ending, excel=excel)


def check_target(
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    endings: tuple[str, ...] = ENDINGS,
) -> str:
    """Return the ending of a file to be written, or raise as `write_comments` does."""
    ending = Path(path).suffix.lower()
    if ending not in endings:
        raise ValueError(
            f"{path} ends in {ending or 'nothing'!r}; tables are written to files that "
            f"end in {', '.join(endings)}."
        )
    refuse_existing(path, force=force)
    return ending


def to_bytes(table: pd.DataFrame, ending: str, *, excel: bool = False) -> bytes:
    """Return a table as a file of some ending has it."""
    stream = io.BytesIO()
    write_parts([table], stream, ending, excel=excel)
    return stream.getvalue()


def write_parts(
    parts: Iterable[pd.DataFrame],
    stream: IO[bytes],
    ending: str,
    *,
    excel: bool = False,
) -> None:
    """Write a table that comes in parts of the same columns."""
    if ending == ".parquet":
        _write_parquet(parts, stream)
        return
    if ending == ".xlsx":
        stream.write(_to_xlsx(pd.concat(parts)))
        return
    for place, part in enumerate(parts):
        if ending == ".jsonl":
            stream.write(_jsonl(part))
        else:
            part = _without_formulas(part) if excel else part
            stream.write(BOM_UTF8 if excel and not place else b"")
            stream.write(_csv(part, DELIMITERS[ending], header=not place))


def _write_parquet(parts: Iterable[pd.DataFrame], stream: IO[bytes]) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise missing_extra("pyarrow", "tables", "Writing Parquet") from error
    writer = None
    for part in parts:
        schema = writer.schema if writer else None
        rows = pa.Table.from_pandas(part, schema, preserve_index=False)
        writer = writer or parquet.ParquetWriter(stream, rows.schema)
        writer.write_table(rows)
    if writer:
        writer.close()


def _without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    texts = {
        name: column.astype(object).map(_no_formula)
        for name, column in table.items()
        if column.dtype.kind == "O"
    }
    return table.assign(**texts).rename(columns=_no_formula)


def _no_formula(cell: Any) -> Any:
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_SIGNS)
    return f"'{cell}" if is_formula else cell


def _csv(table: pd.DataFrame, delimiter: str, *, header: bool) -> bytes:
    # The same bytes on every system.
    options: dict[str, Any] = {"sep": delimiter, "lineterminator": "\n"}
    rows = csv_rows(table, delimiter)
    if rows is None:
        return table.to_csv(index=False, header=header, **options).encode()
    names = table.head(0).to_csv(index=False, **options) if header else ""
    return names.encode() + rows


def _jsonl(table: pd.DataFrame) -> bytes:
    """Return a table as one JSON object a line; missing values are null."""
    stream = io.StringIO()
    # Times as ISO, which pandas would write as numbers.
    table.to_json(
        stream, orient="records", lines=True, force_ascii=False, date_format="iso"
    )
    return stream.getvalue().encode()


def _to_xlsx(table: pd.DataFrame) -> bytes:
    """Return a workbook in which no text is a formula; times are texts, in UTC."""
    try:
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ImportError as error:
        raise missing_extra("openpyxl", "tables", "Writing Excel workbooks") from error
    stream = io.BytesIO()
    zoned = table.select_dtypes("datetimetz")
    times = {
        name: each.dt.strftime("%Y-%m-%d %H:%M:%S") for name, each in zoned.items()
    }
    table = table.assign(**times).replace(ILLEGAL_CHARACTERS_RE, "\ufffd", regex=True)
    with pd.ExcelWriter(stream, engine="openpyxl") as writer:
        table.to_excel(writer, index=False)
        for row in writer.book.active.iter_rows():
            for cell in row:
                # openpyxl takes a text that begins with = for a formula.
                cell.data_type = "s" if cell.data_type == "f" else cell.data_type
    return stream.getvalue()
