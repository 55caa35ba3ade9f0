"""Read a large table a part at a time, every column as the source has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers import tables, workbooks
from stancekit.readers.arrow_csv import arrow_tables
from stancekit.readers.columns import CHUNK, header_names
from stancekit.readers.sources import Source

# Of JSON lines each part has this one column, the records as JSON.
RECORD = "record"


def raw_parts(source: Source) -> list[Iterator[Any]]:
    """Return ways to read the source, the quicker one first.

    Each gives the rows as tables of pyarrow; where it raises ValueError, take the next
    one. Only tables with a delimiter, JSON lines and Parquet can be read in parts.
    """
    head = source.head
    if workbooks.recognise_parquet(head):
        return [_parquet_parts(source)]
    if tables.recognise_jsonl(head):
        return [_record_parts(source)]
    if not tables.recognise_csv(head):
        raise ReadError(
            f"{source.name} cannot be read in parts: it is no table with a delimiter, "
            "no JSON lines and no Parquet file."
        )
    has_plain_start = not tables.SEPARATOR_LINE.match(head.text)
    return [*[_quick_parts(source)][:has_plain_start], _slow_parts(source)]


def _quick_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa

    delimiter, rows = tables.sniff(source.head)
    header: list[str] = []
    for batch in arrow_tables(source, delimiter, len(rows[0])):
        part = pa.Table.from_batches([batch])
        if not header:
            header = header_names([c[0].as_py() for c in part.columns], source)
            part = part.slice(1)
        yield part.rename_columns(header)


def _slow_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa

    rows = (row for _, row in tables.csv_rows(source))
    header = header_names(next(rows, []), source)
    while chunk := [*islice(rows, CHUNK)]:
        columns = [
            pa.array(values, pa.large_string()) for values in zip(*chunk, strict=True)
        ]
        yield pa.table(columns, header)


def _record_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa

    records = tables.unnested(record for _, record in source.json_lines())
    while chunk := [*islice(records, CHUNK)]:
        lines = [json.dumps(record, ensure_ascii=False) for record in chunk]
        yield pa.table({RECORD: pa.array(lines, pa.large_string())})


def _parquet_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    with source.open() as file:
        for batch in parquet.ParquetFile(file).iter_batches(CHUNK):
            yield pa.Table.from_batches([batch])
