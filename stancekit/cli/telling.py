"""Tell on standard error how work goes on, and in one sentence what went wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import UnsupportedOperation
from threading import Event, Thread
from typing import Any

from tqdm import tqdm

# What the library raises for mistakes in what it is given, with a sentence for users.
EXPECTED = (ValueError, TypeError, OSError, ImportError)

# Arguments of the library whose options have other names than --their-name.
OPTIONS = {
    "columns": "--column",
    "n_splits": "--folds",
    "n_repeats": "--repeats",
    "n_jobs": "--jobs",
    "random_state": "--seed",
    "label_column": "--label",
    "beside": "--with-corpus",
    "table": "--comments",
}
SAME_NAMES = (
    "abstain_below annotator_field by chunk_rows codebook encoder force "
    "format id_field label label_field max_bytes min_labelled model sheet "
    "skip_bad_lines strategy unit"
).split()
ARGUMENT = re.compile(
    rf"\b(?P<name>{'|'.join([*OPTIONS, *SAME_NAMES])})="
    r"(?P<value>\{[^{}]*\}|'[^']*'|[\w-]+)?"
)
PAIR = re.compile(r"'([^']*)': '([^']*)'")
IN_PYTHON = {
    "give it: stancekit.load_model(path, encoder=...)": "name it with --encoder",
    "Give it: stancekit.load_model(path, encoder=...)": "Name it with --encoder",
    "load it without encoder=": "leave out --encoder",
    ", or say who gave all of them: annotator=": "",
    "Give the name as annotator=, or the field": "Give the field",
    "Begin anew with resume=False": "Delete that folder to begin anew",
}

# In seconds: what takes longer is told of.
PATIENCE = 2.0


def sentence(error: BaseException) -> str:
    """Return what went wrong as one line that speaks of options.

    >>> sentence(ValueError("Name it with columns={'body': 'text'} or format='csv'."))
    'Name it with --column body=text or --format csv.'
    >>> sentence(OSError(28, "No space left on device", "out.csv"))
    'out.csv: No space left on device'
    """
    if isinstance(error, UnsupportedOperation):
        return "Standard output is closed. Name a file with --output."
    said = str(error)
    if isinstance(error, OSError) and error.strerror:
        said = (
            f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        )
    said = in_options(" ".join(said.split()))
    if isinstance(error, EXPECTED):
        return said
    if isinstance(error, MemoryError):
        return f"the memory is not enough. {said}".strip()
    return (
        f"unexpected {type(error).__name__} {said!r}. This is a fault of stancekit: "
        "run it again with the environment variable STANCEKIT_DEBUG=1 to see where it "
        "arose, and report that."
    )


def in_options(message: str) -> str:
    """Return a message of the library with options in place of arguments."""
    for call, instead in IN_PYTHON.items():
        message = message.replace(call, instead)
    return ARGUMENT.sub(_option, message)


def _option(argument: re.Match[str]) -> str:
    name, value = argument["name"], argument["value"] or ""
    option = OPTIONS.get(name) or f"--{name.replace('_', '-')}"
    if value.startswith("{"):
        pairs = PAIR.findall(value)
        return " ".join(f"{option} {theirs}={ours}" for theirs, ours in pairs)
    value = value.strip("'")
    return option if value in ("", "True") else f"{option} {value}"


def tell(*said: object) -> None:
    """Print lines on standard error, where they do not mix with a table."""
    print(*said, sep="\n", file=sys.stderr)


def show_once() -> Callable[..., None]:
    """Return what prints a warning as a note, if it has not told the same before."""
    told: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        note = in_options(str(message))
        if note not in told:  # each fold may have the same to say
            told.add(note)
            tell(f"stancekit: note: {note}")

    return show


@contextmanager
def told_if_long(what: str) -> Iterator[None]:
    """Tell what is being done if it takes long, on a terminal also for how long."""
    is_done = Event()
    teller = Thread(target=_tell, args=(what, is_done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_done.set()
        teller.join()


def _tell(what: str, is_done: Event) -> None:
    if is_done.wait(PATIENCE):
        return
    if not sys.stderr.isatty():
        tell(f"stancekit: {what} ...")
        return
    with tqdm(
        bar_format="{desc} ... {elapsed}", desc=what, file=sys.stderr, leave=False
    ) as line:
        # What was waited before counts, too.
        line.start_t -= PATIENCE
        while not is_done.wait(1):
            line.refresh()
