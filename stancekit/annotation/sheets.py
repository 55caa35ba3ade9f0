"""Hold the rows of a CSV file or an Excel workbook, in and out."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from stancekit.errors import ReadError, missing_extra
from stancekit.readers.sources import MAX_LINE, Source

Row = dict[str, str]

DELIMITERS = ",;\t|"
MAX_WORKBOOK_BYTES = 200_000_000
TEXT_WIDTH = 60


def csv_rows(source: Source) -> Iterator[tuple[str, Row]]:
    """Yield place and values of each row of a table with a delimiter."""
    first_line = source.head.text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=lambda mark: first_line.count(mark))
    before = csv.field_size_limit(MAX_LINE)
    try:
        with source.open_text(newline="") as stream:
            reader = csv.reader(stream, delimiter=delimiter)
            lines = ((f"line {reader.line_num}", cells) for cells in reader)
            yield from _named_rows(lines, source.name)
    except csv.Error as error:
        raise ReadError(
            f"{source.name}, line {reader.line_num}: {error}. A quotation mark may be "
            "missing there."
        ) from error
    finally:
        csv.field_size_limit(before)


def excel_sheets(source: Source) -> list[tuple[str, list[tuple[str, Row]]]]:
    """Return title and rows of each sheet of a workbook that is not empty."""
    try:
        import openpyxl
    except ImportError as error:
        raise missing_extra("openpyxl", "tables", "Reading Excel workbooks") from error
    content = source.read_bytes()
    check_size(content, source.name)
    with warnings.catch_warnings():
        # What openpyxl does not know about (styles, validation) is not needed.
        warnings.simplefilter("ignore")
        try:
            workbook = openpyxl.load_workbook(
                io.BytesIO(content), read_only=True, data_only=True
            )
        except (OSError, KeyError, ValueError) as error:
            raise ReadError(f"{source.name} is no workbook: {error}.") from error
        sheets = [
            (sheet.title, list(_sheet_rows(sheet, source.name)))
            for sheet in workbook.worksheets
        ]
    return [(title, rows) for title, rows in sheets if rows]


def _sheet_rows(sheet: Any, name: str) -> Iterator[tuple[str, Row]]:
    cells = sheet.iter_rows(values_only=True)
    lines = (
        (f"row {number}", [_cell_text(value) for value in row])
        for number, row in enumerate(cells, 1)
    )
    return _named_rows(lines, f"{name}, sheet {sheet.title}")


def check_size(content: bytes, name: str) -> None:
    """Raise ReadError if a zip archive is damaged or would unpack to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ReadError(f"{name} is damaged: {error}. Export it again.") from error
    if size > MAX_WORKBOOK_BYTES:
        raise ReadError(
            f"{name} unpacks to {size:,} bytes, more than {MAX_WORKBOOK_BYTES:,}. Save "
            "the labels as CSV."
        )


def _named_rows(
    lines: Iterable[tuple[str, list[str]]], name: str
) -> Iterator[tuple[str, Row]]:
    """Yield the rows below the header that are not blank, by column name."""
    header: list[str] = []
    for place, cells in lines:
        if not any(cells):
            continue
        if not header:
            header = _header(cells, f"{name}, {place}")
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise ReadError(
                f"{name}, {place}: {len(cells)} cells, but the header has "
                f"{len(header)}. A quotation mark may be missing there."
            )
        padded = [*cells, *[""] * (len(header) - len(cells))]
        yield f"{name}, {place}", dict(zip(header, padded, strict=False))


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ReadError(f"{where}: columns {', '.join(map(repr, twice))} stand twice.")
    return names


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def csv_bytes(sheet: pd.DataFrame) -> bytes:
    """Return a CSV file; its mark of order lets Excel see that it is UTF-8."""
    return sheet.to_csv(index=False).encode("utf-8-sig")


def excel_bytes(sheet: pd.DataFrame) -> bytes:
    """Return an Excel workbook in which every cell is text, never a formula."""
    try:
        import openpyxl
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
        from openpyxl.styles import Alignment
    except ImportError as error:
        raise missing_extra("openpyxl", "tables", "Writing Excel workbooks") from error
    workbook = openpyxl.Workbook(write_only=True)
    page = workbook.create_sheet("comments")
    page.freeze_panes = "A2"
    for letter in "BCD":
        page.column_dimensions[letter].width = TEXT_WIDTH
    for row in [tuple(sheet.columns), *sheet.itertuples(index=False, name=None)]:
        cells = [
            WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("\ufffd", v)) for v in row
        ]
        for cell in cells:
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        page.append(cells)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
