"""Score files that are larger than the memory, a part at a time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from stancekit import columns as col
from stancekit.datasets import default_model
from stancekit.errors import DataWarning
from stancekit.files import open_new
from stancekit.persistence import load_model
from stancekit.readers import read_comments
from stancekit.readers.sources import open_source
from stancekit.readers.tables import RECORD
from stancekit.scoring.parting import Parts, make_parts
from stancekit.scoring.predicting import ABSTAIN_BELOW, predict_comments
from stancekit.scoring.writing import ENDINGS_OF_PARTS, ROWS, check_target, write_parts

# A part of so many comments takes about 1 GB.
CHUNK_ROWS = 100_000
# Bytes at each end of the source of which a hash is kept.
ENDS = 1 << 20
JOURNAL, LOCK = "journal.json", "lock"


def score_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    model: Any = None,
    *,
    columns: Mapping[str, str] | None = None,
    abstain_below: float = ABSTAIN_BELOW,
    chunk_rows: int = CHUNK_ROWS,
    n_jobs: int = 1,
    resume: bool = True,
    force: bool = False,
) -> int:
    r"""Score the comments of a large file, and write them with their positions.

    What is written is what :func:`predict_comments` gives for the whole file, in the
    order of the file. Comments that answer each other or stand under one article are
    scored together, wherever they stand in the file, so that nothing is lost.

    Parameters
    ----------
    source : path
        A table with a delimiter, JSON lines or Parquet.
    target : path
        Ends in ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet``. It appears whole, at the
        end. Beside it, in ``<target>.parts``, stands until then what is finished.
    model : classifier or path, optional
        As for :func:`predict_comments`, or a model file.
    columns : mapping, optional
        As for :func:`~stancekit.read_comments`.
    abstain_below : float, default=0.4
        As for :func:`predict_comments`.
    chunk_rows : int, default=100000
        About how many comments are scored at a time; more if so many stand under one
        article. The memory grows with it, and by some 60 bytes for each comment.
    n_jobs : int, default=1
        How many processes score.
    resume : bool, default=True
        Go on where a run that was ended left off. With False it begins anew.
    force : bool, default=False
        Replace the target if it exists.

    Returns
    -------
    int
        How many comments were written.

    Raises
    ------
    ReadError
        If the source cannot be read.
    ValueError
        If the target has another ending, the source changes while it is read, or what
        was left off is of another source, model or setting.
    OSError
        If the target cannot be written, or another process is at it. What is finished
        is kept.

    Warns
    -----
    DataWarning
        If the package duckdb (extra ``big``) is missing, so that the whole file is
        read into memory; and as :func:`predict_comments`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source, target = Path(folder, "in.csv"), Path(folder, "out.csv")
    ...     _ = source.write_text("id,text,mood\n1,Erst verhandeln!,gut\n")
    ...     n = score_file(source, target)
    ...     n, pd.read_csv(target).columns[:4].tolist()
    (1, ['comment_id', 'text', 'mood', 'predicted'])
    """
    ending = check_target(target, force=force, endings=ENDINGS_OF_PARTS)
    scorer = Scorer(model, abstain_below=abstain_below)
    if not _has_engine(source):
        scored = scorer(read_comments(source, columns=columns))
        _write([scored], target, ending, force=force)
        return len(scored)
    work = Path(f"{os.fspath(target)}.parts")
    settings: dict[str, Any] = {"columns": dict(columns or {})}
    settings |= {"chunk_rows": chunk_rows, "abstain_below": abstain_below}
    state = {"source": signature(source), "model": joblib.hash(scorer.model)}
    with _alone_in(work):
        _open_journal(work, {**state, "settings": settings}, resume=resume)
        parts = make_parts(open_source(source, columns=columns), work, chunk_rows)
        if signature(source) != state["source"]:
            shutil.rmtree(work)
            raise ValueError(
                f"{source} changed while it was read. Nothing was written. Try again "
                "when it does not change."
            )
        _score_parts(parts, scorer, n_jobs)
        _write(_in_order(parts), target, ending, force=force)
        shutil.rmtree(work)
    return parts.n_rows


class Scorer:
    """Scores tables with one model, which each process loads once."""

    def __init__(self, model: Any, *, abstain_below: float = ABSTAIN_BELOW) -> None:
        self.given = model
        self.abstain_below = abstain_below

    @property
    def model(self) -> Any:
        """The model, read if only its file was named."""
        if self.given is None:
            return _loaded("")
        is_path = isinstance(self.given, (str, os.PathLike))
        return _loaded(os.fspath(self.given)) if is_path else self.given

    def __call__(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the position of each comment beside it."""
        return predict_comments(table, self.model, abstain_below=self.abstain_below)


_models: dict[str, Any] = {}


def _loaded(path: str) -> Any:
    """Return the model of a file, of the bundled one without a name."""
    if path not in _models:
        _models[path] = load_model(path) if path else default_model()
    return _models[path]


def signature(source: str | os.PathLike[str]) -> dict[str, Any]:
    """Return by what a file is known again: size, time of change, hash of both ends."""
    with open(source, "rb") as file:
        found = os.fstat(file.fileno())
        # A hash of all of it would take as long as reading it.
        digest = hashlib.sha256(file.read(ENDS))
        file.seek(max(found.st_size - ENDS, 0))
        digest.update(file.read(ENDS))
    return {
        "bytes": found.st_size,
        "changed": found.st_mtime_ns,
        "hash": digest.hexdigest(),
    }


def _has_engine(source: Any) -> bool:
    try:
        import duckdb  # noqa: F401
    except ImportError:
        pass
    else:
        if col.strings_are_arrow():
            return True
    warnings.warn(
        f"Without duckdb, pyarrow and pandas 3 all of {source} is read into memory. If "
        "it is too large for that: pip install 'stancekit[big]' 'pandas>=3'",
        DataWarning,
        stacklevel=3,
    )
    return False


@contextmanager
def _alone_in(work: Path) -> Iterator[None]:
    """Keep other processes from a folder, until this one leaves it or ends."""
    work.mkdir(exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows has other locks
        yield
        return
    with open(work / LOCK, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(
                f"Another process is at work in {work}. Wait until it has ended, or "
                "give another target."
            ) from error
        except OSError:  # some disks have none
            pass
        yield


def _open_journal(work: Path, state: dict[str, Any], *, resume: bool) -> None:
    """Begin the folder of what is finished, or make sure that it is of this work."""
    if not resume:
        for path in {*work.iterdir()} - {work / LOCK}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    journal = work / JOURNAL
    if journal.exists():
        known = json.loads(journal.read_text("utf-8"))
        other = [name for name in state if known.get(name) != state[name]]
        if other:
            raise ValueError(
                f"{work} holds what a run with another {' and '.join(other)} finished. "
                "Begin anew with resume=False, or give another target."
            )
        return
    with open_new(journal) as stream:
        stream.write(json.dumps(state).encode())


def _score_parts(parts: Parts, scorer: Scorer, n_jobs: int) -> None:
    """Score what is not finished; each part appears whole, under its number."""
    missing = [part for part in range(parts.n) if not parts.scored(part).exists()]
    # Each part has a file of its own, so that their order does not matter.
    work = Parallel(n_jobs, return_as="generator_unordered")(
        delayed(_score_part)(parts, part, scorer) for part in missing
    )
    told: list[str] = []
    left = sum(parts.size(part) for part in missing)
    with tqdm(
        total=parts.n_rows,
        initial=parts.n_rows - left,
        desc="Scoring",
        unit=" comments",
        unit_scale=True,
        delay=2,
    ) as progress:
        for size, warned in work:
            told += warned
            progress.update(size)
    if told:
        warnings.warn(
            f"In {len(told)} of {parts.n} parts: {told[0]}", DataWarning, stacklevel=3
        )


def _score_part(parts: Parts, part: int, scorer: Scorer) -> tuple[int, list[str]]:
    raw = parts.read(part)
    row = raw.pop(parts.ROW)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DataWarning)
        if list(raw) == [RECORD]:
            lines = "\n".join(raw[RECORD])
            # A key may be in no record of a part.
            keys = {t: o for t, o in parts.names.items() if json.dumps(t) in lines}
            table = read_comments(lines.encode(), "jsonl", columns=keys)
        else:
            table = read_comments(raw, columns=parts.names)
        scored = scorer(table)
    # Types that all parts have alike: labels as strings.
    kinds = {n: "str" for n in scored if scored[n].dtype == "category"}
    scored = scored.astype(kinds).assign(**{parts.ROW: row.to_numpy()})
    with open_new(parts.scored(part)) as stream:
        write_parts([scored], stream, ".parquet")
    return len(row), [str(each.message) for each in told][:1]


def _in_order(parts: Parts) -> Iterator[pd.DataFrame]:
    """Yield what was scored in the order of the source."""
    for table in parts.merged(ROWS):
        if col.STATUS in table and col.STATUS not in parts.names.values():
            # A part in which no comment was deleted has no status.
            table[col.STATUS] = table[col.STATUS].fillna("visible")
        yield table


def _write(
    tables: Iterator[pd.DataFrame] | list[pd.DataFrame],
    target: str | os.PathLike[str],
    ending: str,
    *,
    force: bool,
) -> None:
    with open_new(target, force=force) as stream:
        write_parts(tables, stream, ending)
