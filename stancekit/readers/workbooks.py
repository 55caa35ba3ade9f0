"""Read comments from workbooks and column files: Excel, Parquet."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from stancekit.columns import strings_are_arrow
from stancekit.errors import ReadError, missing_extra
from stancekit.readers.columns import (
    CHUNK,
    from_columns,
    from_rows,
    header_names,
    holds_text,
)
from stancekit.readers.compression import MAX_RATIO
from stancekit.readers.sources import MAX_BYTES, Source, TableFormat, too_long

# Unpacked; reading takes more than three times as much memory.
MAX_WORKBOOK = 200_000_000
# A sheet of equal rows may shrink to any size; so few bytes do no harm.
SMALL_WORKBOOK = 20_000_000
# What reading a damaged file may raise; a SyntaxError is one of a workbook's XML.
DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error),
)
# Exports may put a few lines of their own above the header.
PREAMBLE_ROWS = 20


def _read_excel(source: Source) -> dict[str, list[Any]]:
    with open_book(source) as book:
        rows = [*_read_sheets(book.worksheets, source)]
    return from_rows(iter(rows), source)


@contextmanager
def open_book(source: Source, *, computed: bool = False) -> Iterator[Any]:
    """Open a workbook; what is damaged in it raises ReadError inside the block.

    ``computed`` gives what formulas came to instead of the formulas.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise missing_extra("openpyxl", "tables", "Reading Excel") from error
    with source.open() as file, warnings.catch_warnings():
        # What openpyxl does not know about (styles, validation) is not needed.
        warnings.simplefilter("ignore")
        try:
            _check_size(file, source)
            yield openpyxl.load_workbook(file, read_only=True, data_only=computed)
        except ReadError:
            raise
        except DAMAGE as error:
            raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> ReadError:
    return ReadError(f"{source.name} is damaged ({error}). Save it again.")


def _check_size(file: IO[bytes], source: Source) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
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


def _read_sheets(sheets: Sequence[Any], source: Source) -> Iterator[Sequence[Any]]:
    titles = ", ".join(repr(sheet.title) for sheet in sheets)
    sheets = [sheet for sheet in sheets if source.sheet in (None, sheet.title)]
    if titles and not sheets:
        raise ReadError(
            f"{source.name} has no sheet {source.sheet!r}. It has: {titles}."
        )
    headers = [(sheet, _header_row(sheet, source)) for sheet in sheets]
    tables = [(sheet, row) for sheet, row in headers if row is not None]
    if not sheets:
        raise ReadError(f"{source.name} holds no sheet with cells. Save it again.")
    # Without a text among them, the error lists the names in the first row.
    sheet, row = tables[0] if tables else (sheets[0], 1)
    if len(sheets) > 1 and tables:
        source.notes.guesses.append(
            f"Only sheet {sheet.title!r} was read, of {len(sheets)} sheets."
        )
    if row > 1:
        source.notes.guesses.append(f"The header was taken from row {row}.")
    return _rows(sheet, row)


def _header_row(sheet: Any, source: Source) -> int | None:
    rows = sheet.iter_rows(max_row=PREAMBLE_ROWS, values_only=True)
    for number, row in enumerate(rows, 1):
        names = ["" if value is None else str(value) for value in row]
        if holds_text(names) or (source.columns and set(source.columns) <= set(names)):
            return number
    return None


def _rows(sheet: Any, first: int) -> Iterator[Sequence[Any]]:
    top = next(sheet.iter_rows(min_row=first, max_row=first, values_only=True), ())
    header = ["" if value is None else str(value) for value in top]
    # Spreadsheets keep columns that once held something.
    while header and not header[-1].strip():
        del header[-1]
    if not header:
        return
    yield header
    # One cell far to the right would make every row as long.
    width = len(header)
    for row in sheet.iter_rows(min_row=first + 1, max_col=width, values_only=True):
        if any(value is not None for value in row):
            yield [*row, *[None] * (width - len(row))]


def _parquet_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    with source.open() as file:
        for batch in parquet.ParquetFile(file).iter_batches(CHUNK):
            yield pa.Table.from_batches([batch])


def _read_parquet(source: Source) -> dict[str, list[Any]]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing_extra("pyarrow", "tables", "Reading Parquet") from error
    with source.open() as file:
        try:
            found = pyarrow.parquet.ParquetFile(file)
            groups = map(found.metadata.row_group, range(found.metadata.num_row_groups))
            limit = source.max_bytes or MAX_BYTES
            if sum(group.total_byte_size for group in groups) > limit:
                raise too_long(source.name, limit)
            table = found.read()
            table.validate(full=True)  # Arrow would keep texts that are no UTF-8
            values = [
                column.to_pandas()
                if strings_are_arrow() and str(column.type).endswith("string")
                else column.to_pylist()
                for column in table.columns
            ]
        except ReadError:
            raise
        except (*DAMAGE, pyarrow.ArrowException, MemoryError) as error:
            raise _damaged(source, error) from error
    names = header_names(table.column_names, source)
    # So Arrow calls float32; 64 bits are "double".
    rounded = [field.name for field in table.schema if str(field.type) == "float"]
    return from_columns(dict(zip(names, values, strict=True)), source, float32=rounded)


FORMATS = {
    "excel": TableFormat(
        "an Excel workbook",
        # A zip archive may hold anything; a workbook has "xl/workbook.xml" or sheets.
        lambda head: head.data.startswith(b"PK\x03\x04") and b"xl/w" in head.data,
        _read_excel,
    ),
    "parquet": TableFormat(
        "a Parquet file",
        lambda head: head.data.startswith(b"PAR1"),
        _read_parquet,
        in_parts=(_parquet_parts,),
    ),
}
