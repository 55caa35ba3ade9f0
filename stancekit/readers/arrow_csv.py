"""Read tables with a delimiter by pyarrow, where it reads what Python's csv reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pandas as pd

from stancekit.columns import strings_are_arrow
from stancekit.readers.heads import encoding_marked
from stancekit.readers.sources import MAX_LINE, Source

QUOTE = ord('"')


def arrow_tables(source: Source, delimiter: str, width: int) -> Iterator[Any]:
    """Yield the rows as tables of strings of `width` columns, the header among them.

    Raises
    ------
    ValueError
        If pyarrow cannot read the source, or might read another table than Python's
        csv does: that one takes what is written oddly, and says in which line.
    """
    if not strings_are_arrow() or encoding_marked(source.head.data):
        raise ValueError("there is no pyarrow, or it is no UTF-8")
    import pyarrow as pa
    from pyarrow import csv

    convert = csv.ConvertOptions(
        column_types={f"f{place}": pa.large_string() for place in range(width)},
        strings_can_be_null=False,
    )
    with source.open() as file:
        watched = _Watched(file, delimiter)
        yield from csv.open_csv(
            watched,
            csv.ReadOptions(autogenerate_column_names=True, block_size=MAX_LINE),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert,
        )
    if not watched.is_plain or watched.is_inside:
        raise ValueError("quotation marks stand within fields, or there are NULs")


def read_whole(source: Source, delimiter: str, width: int) -> pd.DataFrame | None:
    """Return all rows, or None if only Python's csv can read them."""
    try:
        import pyarrow as pa

        batches = [*arrow_tables(source, delimiter, width)]
        table = pa.Table.from_batches(batches)
    except (ImportError, ValueError):  # pyarrow's own errors are ValueErrors
        return None
    strings = pd.StringDtype("pyarrow", na_value=np.nan)
    return table.to_pandas(types_mapper=lambda _: strings)


class _Watched:
    """A file that sees whether quotation marks stand around whole fields only.

    Every second one closes a field, the others open one. Where each stands beside a
    delimiter, a line end or, doubled, another one, all readers read the same.
    """

    closed = False

    def __init__(self, file: IO[bytes], delimiter: str) -> None:
        self.file = file
        self.is_plain, self.is_inside = True, False
        self.border = np.zeros(256, dtype=bool)
        self.border[[ord(delimiter), *b'\r\n"']] = True
        # The byte before the next one to look at, and, from then on, that one.
        self.before = b"\n"

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        # What comes after the last byte is told by the next piece.
        data = np.frombuffer(self.before + (piece or b"\n"), dtype=np.uint8)
        quotes = np.flatnonzero(data[1:-1] == QUOTE) + 1
        opens = np.arange(len(quotes)) % 2 == self.is_inside
        beside = np.where(opens, data[quotes - 1], data[quotes + 1])
        self.is_plain &= bool(self.border[beside].all() and data.all())
        self.is_inside ^= bool(len(quotes) % 2)
        self.before = data[-2:].tobytes()
        return piece
