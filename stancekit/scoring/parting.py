"""Part a large table so that what belongs together is scored together."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from tqdm import tqdm

from stancekit import columns as col
from stancekit.errors import DataWarning, ReadError
from stancekit.files import open_all_new, open_new
from stancekit.labels import MISSING_WORDS
from stancekit.readers import raw_parts
from stancekit.readers.columns import our_names
from stancekit.readers.sources import Source
from stancekit.readers.tables import RECORD
from stancekit.readers.trees import id_stem
from stancekit.readers.values import present, typed
from stancekit.threads import part_table

# Rows of a piece of a Parquet file, which is read whole.
GROUP = 20_000
# What duckdb may take; what needs more goes to the disk.
MEMORY = "400MB"
# As a table program writes an id, or Reddit names it: 1.0 for 1, t1_x for x.
BARE = "regexp_replace(trim({}), '^t1_|\\.0$', '')"


@dataclass(frozen=True)
class Parts:
    """A table on the disk, its rows sorted by the part in which they are scored.

    Attributes
    ----------
    folder : Path
        Where it and what is scored stands.
    ends : list of int
        Where each part ends, in rows.
    names : dict
        Columns of the source and their names in a comment table.
    is_sorted : bool
        Whether the rows have the order of the source.
    """

    ROW: ClassVar[str] = "row of the source"

    folder: Path
    ends: list[int]
    names: dict[str, str]
    is_sorted: bool

    @property
    def n(self) -> int:
        """How many parts there are."""
        return len(self.ends)

    @property
    def n_rows(self) -> int:
        """How many rows all parts have."""
        return self.ends[-1] if self.ends else 0

    def size(self, part: int) -> int:
        """Return how many rows a part has."""
        start, end = self.bounds(part)
        return end - start

    def bounds(self, part: int) -> tuple[int, int]:
        """Return where a part starts and ends."""
        return (self.ends[part - 1] if part else 0), self.ends[part]

    def scored(self, part: int) -> Path:
        """Return the file of a part that is scored."""
        return self.folder / f"scored-{part:06}.parquet"

    def read(self, part: int) -> pd.DataFrame:
        """Return the rows of a part, as the source has them."""
        from pyarrow import parquet

        start, end = self.bounds(part)
        name = "raw.parquet" if self.is_sorted else "sorted.parquet"
        with parquet.ParquetFile(self.folder / name) as file:
            meta = file.metadata
            sizes = [meta.row_group(g).num_rows for g in range(meta.num_row_groups)]
            first = np.cumsum([0, *sizes])
            groups = [
                group
                for group, (a, b) in enumerate(pairwise(first.tolist()))
                if a < end and b > start
            ]
            table = file.read_row_groups(groups)
        return table.slice(start - first[groups[0]], end - start).to_pandas()

    def merged(self, rows: int) -> Iterator[pd.DataFrame]:
        """Yield what was scored in the order of the source, some rows at a time."""
        files = [str(self.scored(part)) for part in range(self.n)]
        order = "" if self.is_sorted else f'ORDER BY "{self.ROW}"'
        with _engine(self.folder) as engine:
            found = engine.sql(
                f"FROM read_parquet($files, union_by_name = true) {order}",
                params={"files": files},
            )
            for batch in found.to_arrow_reader(rows):
                table = batch.to_pandas(types_mapper=_nullable).drop(columns=self.ROW)
                ours = [name for name in col.COMMENT_COLUMNS if name in table]
                yield table[[*ours, *(name for name in table if name not in ours)]]


def _nullable(kind: Any) -> Any:
    # Else whether something is missing in a batch would decide on its types.
    return {"int64": pd.Int64Dtype(), "bool": pd.BooleanDtype()}.get(str(kind))


def make_parts(source: Source, folder: Path, rows: int) -> Parts:
    """Part a source into parts of about so many rows, in a folder that may have it."""
    plan = folder / "plan.json"
    if not plan.exists():
        *quick, sure = raw_parts(source)
        for way in quick:
            try:
                names, n = _write_raw(way, source, folder)
                break
            except ReadError:
                raise
            except ValueError:
                continue
        else:
            names, n = _write_raw(sure, source, folder)
        ends, is_sorted = _sort(folder, n, rows)
        with open_new(plan) as stream:
            found = {"ends": ends, "names": names, "is_sorted": is_sorted}
            stream.write(json.dumps(found).encode())
    return Parts(folder, **json.loads(plan.read_text("utf-8")))


def _write_raw(
    parts: Iterator[Any], source: Source, folder: Path
) -> tuple[dict[str, str], int]:
    """Write the rows with their numbers, and their ids; say how columns are called."""
    import pyarrow as pa
    from pyarrow import parquet

    names: dict[str, str] = {}
    n, stem = 0, ""
    paths = [folder / "raw.parquet", folder / "keys.parquet"]
    writers: list[Any] = []
    with ExitStack() as stack:
        streams = stack.enter_context(open_all_new(paths, force=True))
        for part in tqdm(parts, "Reading", unit=" parts", delay=2):
            frame = _frame(part)
            _learn_names(names, frame, source)
            # Of the first texts, as ids of the whole table are made up.
            stem = stem or id_stem(_column(frame, names, col.TEXT).tolist())
            keys = _keys(frame, names, n, stem)
            row = np.arange(n, n + len(keys))
            tables = [
                _with_ids(part, names, keys["id"]).append_column(Parts.ROW, [row]),
                pa.Table.from_pandas(keys.assign(row=row), preserve_index=False),
            ]
            writers = writers or [
                stack.enter_context(parquet.ParquetWriter(stream, table.schema))
                for stream, table in zip(streams, tables, strict=True)
            ]
            for writer, table in zip(writers, tables, strict=True):
                writer.write_table(table)
            n += len(keys)
    if not n:
        raise ReadError(f"{source.name} is empty. A table needs a header and rows.")
    return {t: ours for t, ours in names.items() if ours in col.COMMENT_COLUMNS}, n


def _learn_names(names: dict[str, str], frame: pd.DataFrame, source: Source) -> None:
    """Add what columns are called that no part before has: keys of JSON."""
    if names.keys() >= set(frame):
        return
    filled = {name: len(present(frame[name])) for name in frame}
    for theirs, ours in our_names(list(frame), source, filled).items():
        if ours not in names.values():
            names.setdefault(theirs, ours)


def _frame(part: Any) -> pd.DataFrame:
    if part.column_names == [RECORD]:
        return pd.DataFrame.from_records([*map(json.loads, part[RECORD].to_pylist())])
    return part.to_pandas()


def _column(frame: pd.DataFrame, names: dict[str, str], ours: str) -> pd.Series:
    for theirs in frame:
        if names.get(theirs) == ours:
            return frame[theirs]
    return pd.Series(None, frame.index, dtype="str")


def _keys(
    frame: pd.DataFrame, names: dict[str, str], start: int, stem: str
) -> pd.DataFrame:
    """Return id, parent and article of each row; a row without an id gets one."""
    kinds = {"id": col.COMMENT_ID, "parent": col.PARENT_ID, "article": col.ARTICLE_ID}
    keys = pd.DataFrame(
        {key: _ids(_column(frame, names, ours)) for key, ours in kinds.items()}
    )
    # A parent that only says none is the id of no comment.
    for key in ("id", "article"):
        says_none = keys[key].str.strip().str.lower().isin([*MISSING_WORDS])
        keys[key] = keys[key].mask(says_none)
    made_up = pd.Series(range(start + 1, start + 1 + len(keys))).astype("str")
    return keys.assign(id=keys["id"].fillna(f"{stem}-" + made_up))


def _ids(values: pd.Series) -> pd.Series:
    if values.dtype == "str":
        return typed(col.ARTICLE_ID, values)
    return typed(col.ARTICLE_ID, values.astype(object).tolist())


def _with_ids(part: Any, names: dict[str, str], ids: pd.Series) -> Any:
    """Return the rows with the ids that they were given."""
    import pyarrow as pa

    theirs = [name for name, ours in names.items() if ours == col.COMMENT_ID]
    name = theirs[0] if theirs else col.COMMENT_ID
    names[name] = col.COMMENT_ID
    if part.column_names == [RECORD]:
        records = map(json.loads, part[RECORD].to_pylist())
        lines = [
            json.dumps({**record, name: given}, ensure_ascii=False)
            for record, given in zip(records, ids, strict=True)
        ]
        return pa.table({RECORD: pa.array(lines, pa.large_string())})
    given = pa.array(ids, pa.large_string())
    if name in part.column_names:
        return part.set_column(part.column_names.index(name), name, given)
    return part.append_column(name, given)


def _sort(folder: Path, n: int, rows: int) -> tuple[list[int], bool]:
    """Bring the rows of a part together; say where parts end, and if nothing moved."""
    import pyarrow as pa

    with _engine(folder) as engine:
        engine.execute(f"CREATE VIEW keys AS FROM '{_quoted(folder / 'keys.parquet')}'")
        kept = _first_rows(engine, n)
        part = part_table(*_links(engine, n), rows, kept=kept)
        ends = np.cumsum(np.bincount(part)).tolist()
        # Where the parts follow each other already, no sorted copy is written.
        if len(kept) == n and (np.diff(part) >= 0).all():
            return ends, True
        engine.register("placed", pa.table({Parts.ROW: kept, "part": part}))
        engine.execute(
            f"COPY (SELECT raw.* FROM '{_quoted(folder / 'raw.parquet')}' raw "
            f'JOIN placed USING ("{Parts.ROW}") ORDER BY part, "{Parts.ROW}") TO '
            f"'{_quoted(folder / 'sorted.parquet')}' "
            f"(FORMAT parquet, ROW_GROUP_SIZE {GROUP})"
        )
    (folder / "raw.parquet").unlink()
    return ends, False


def _first_rows(engine: Any, n: int) -> np.ndarray:
    """Return the rows without those that repeat an id."""
    (different,) = engine.execute("SELECT count(DISTINCT id) FROM keys").fetchone()
    if different == n:
        engine.execute("CREATE VIEW different AS FROM keys")
        return np.arange(n)
    warnings.warn(
        f"{n - different:,} rows repeat an id and were dropped; the first was kept.",
        DataWarning,
        stacklevel=5,
    )
    engine.execute(
        "CREATE TABLE firsts AS SELECT min(row) AS row FROM keys GROUP BY id;"
        "CREATE VIEW different AS FROM keys SEMI JOIN firsts USING (row);"
    )
    found = engine.execute("SELECT row FROM firsts ORDER BY row").fetchnumpy()
    return np.asarray(found["row"])


LINKS = """
SELECT k.row, p.row AS parent, a.row AS article FROM keys k
LEFT JOIN different p ON k.parent = p.id
LEFT JOIN (SELECT article, min(row) AS row FROM keys GROUP BY article) a
ON k.article = a.article
"""
# Parents that only look otherwise than the id that is meant.
MEANT = f"""
SELECT k.row, min(p.row) AS parent FROM keys k ANTI JOIN keys q ON k.parent = q.id
JOIN different p ON {BARE.format("k.parent")} = {BARE.format("p.id")} GROUP BY k.row
"""


def _links(engine: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the row of each one's parent and the first one of its article, or -1."""
    links = np.full((2, n), -1)
    for query in (LINKS, MEANT):
        for batch in engine.sql(query).to_arrow_reader(1 << 20):
            rows, *found = (column.fill_null(-1).to_numpy() for column in batch.columns)
            for link, values in zip(links, found, strict=False):
                link[rows] = np.maximum(link[rows], values)
    return links[0], links[1]


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _engine(folder: Path) -> Iterator[Any]:
    """Open duckdb, within its memory, with room on the disk of the folder."""
    import duckdb

    settings: dict[str, Any] = {"memory_limit": MEMORY, "threads": 1}
    try:
        with duckdb.connect(config=settings) as engine:
            # Else times would be given in the zone of this machine.
            engine.execute("SET TimeZone = 'UTC'")
            engine.execute(f"SET temp_directory = '{_quoted(folder / 'spill')}'")
            yield engine
    except duckdb.Error as error:
        raise OSError(f"{folder}: {error}") from error
