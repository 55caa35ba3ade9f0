"""Read comments from workbooks and column files: Excel, Parquet."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any

from stancekit.errors import ReadError, missing_extra
from stancekit.readers.columns import from_columns, from_rows, holds_text
from stancekit.readers.sources import MAX_BYTES, Format, Head, Source, too_long

MAX_WORKBOOK = 200_000_000
# Sheets of plain text shrink to a tenth; to a hundredth only where they repeat.
MAX_RATIO = 100
SMALL_WORKBOOK = 20_000_000
# What reading a damaged workbook may raise; a SyntaxError is one of its XML.
DAMAGE = (
    *(KeyError, ValueError, EOFError, OSError, SyntaxError),
    *(zlib.error, zipfile.BadZipFile),
)
# Exports may put a few lines of their own above the header.
PREAMBLE_ROWS = 20


def recognise_excel(head: Head) -> bool:
    """Tell whether this is an Excel workbook."""
    return head.data.startswith(b"PK\x03\x04") and b"xl/w" in head.data


def read_excel(source: Source) -> dict[str, list[Any]]:
    """Return the columns of the first sheet whose header names a text.

    Raises
    ------
    ReadError
        If the sheets are too large, or none of them holds a table of comments.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise missing_extra("openpyxl", "tables", "Reading Excel") from error
    with source.open() as file:
        _check_size(file, source)
        with warnings.catch_warnings():
            # What openpyxl does not know about (styles, validation) is not needed.
            warnings.simplefilter("ignore")
            try:
                return _read_book(openpyxl.load_workbook(file, read_only=True), source)
            except ReadError:
                raise
            except DAMAGE as error:
                raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> ReadError:
    return ReadError(f"{source.name} is damaged ({error}). Save it again.")


def _check_size(file: IO[bytes], source: Source) -> None:
    """Refuse a workbook that would fill the memory, before it is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise _damaged(source, error) from error
    size = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    swells = size > SMALL_WORKBOOK and size / packed > MAX_RATIO
    if size > (source.max_bytes or MAX_WORKBOOK) or (swells and not source.max_bytes):
        raise ReadError(
            f"{source.name} is a workbook of {size:,} bytes, packed to one in "
            f"{size // packed}. If you expect that, allow more with max_bytes=, "
            "or save it as CSV."
        )
    file.seek(0)


def _read_book(book: Any, source: Source) -> dict[str, list[Any]]:
    found = [(sheet, _header_row(sheet, source)) for sheet in book.worksheets]
    tables = [(sheet, row) for sheet, row in found if row is not None]
    if not tables:
        return from_rows(_rows(book.worksheets[0], 1), source)
    sheet, row = tables[0]
    if len(found) > 1:
        source.notes.guesses.append(
            f"Only sheet {sheet.title!r} was read, of {len(found)} sheets."
        )
    if row > 1:
        source.notes.guesses.append(f"The header was taken from row {row}.")
    return from_rows(_rows(sheet, row), source)


def _header_row(sheet: Any, source: Source) -> int | None:
    """Return the number of the first row that names a text."""
    rows = sheet.iter_rows(max_row=PREAMBLE_ROWS, values_only=True)
    for number, row in enumerate(rows, 1):
        names = ["" if value is None else str(value) for value in row]
        if holds_text(names) or (source.columns and set(source.columns) <= set(names)):
            return number
    return None


def _rows(sheet: Any, first: int) -> Iterator[Sequence[Any]]:
    """Yield the header and the rows below that are not blank, each as long."""
    rows = sheet.iter_rows(min_row=first, values_only=True)
    header = ["" if value is None else str(value) for value in next(rows, ())]
    while header and not header[-1].strip():
        del header[-1]
    if not header:
        return
    yield header
    for row in rows:
        if any(value is not None for value in row):
            yield [*row, *[None] * len(header)][: len(header)]


def recognise_parquet(head: Head) -> bool:
    """Tell whether this is a Parquet file."""
    return head.data.startswith(b"PAR1")


def read_parquet(source: Source) -> dict[str, list[Any]]:
    """Return the columns of a Parquet file.

    Raises
    ------
    ReadError
        If the file is damaged or too large, or no column holds the text.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing_extra("pyarrow", "tables", "Reading Parquet") from error
    with source.open() as file:
        try:
            found = pyarrow.parquet.ParquetFile(file)
            _check_groups(found.metadata, source)
            table = found.read()
        except (pyarrow.ArrowInvalid, OSError) as error:
            raise _damaged(source, error) from error
    values = {name: table[name].to_pylist() for name in table.column_names}
    rounded = [name for name in values if str(table[name].type) == "float"]
    return from_columns(values, source, float32=rounded)


def _check_groups(metadata: Any, source: Source) -> None:
    groups = range(metadata.num_row_groups)
    size = sum(metadata.row_group(group).total_byte_size for group in groups)
    limit = source.max_bytes or MAX_BYTES
    if size > limit:
        raise too_long(source.name, limit)


FORMATS = {
    "excel": Format(
        "an Excel workbook", recognise_excel, read_excel, takes_columns=True
    ),
    "parquet": Format(
        "a Parquet file", recognise_parquet, read_parquet, takes_columns=True
    ),
}
