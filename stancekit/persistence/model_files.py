"""Save models to files, and load them again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from stancekit import columns as col
from stancekit.classifier import StanceClassifier, TargetClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.errors import ModelFileError
from stancekit.files import open_new
from stancekit.labels import Codebook
from stancekit.persistence.arrays import LARGEST, n_bytes, pack, read_member, unpack

FORMAT = 3
MODELS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (StanceClassifier, ConversationClassifier, TargetClassifier)
}
MANIFEST, WEIGHTS = "manifest.json", "weights.npz"
CODEBOOK, CARD = "codebook.toml", "README.md"
# No manifest and no codebook comes near this, in bytes.
MOST_TEXT = 2**24
# How many times its size a file may unpack to: weights become half as large at best,
# what is made to fill the memory a thousandth.
MOST_UNPACKED = 50


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    *,
    codebook: Codebook | None = None,
    evaluation: Any = None,
    force: bool = False,
) -> None:
    """Save a trained model to one file.

    The file is a zip of a manifest, the weights as plain arrays, the codebook and a
    model card. It holds no code and no pickle, so loading it runs nothing.

    Parameters
    ----------
    model : StanceClassifier, ConversationClassifier or TargetClassifier
        A trained model.
    path : path
        Where to save it, by custom with the ending ``.stance``.
    codebook : Codebook, optional
        What the labels mean.
    evaluation : Evaluation, optional
        Its scores go into the model card.
    force : bool, default=False
        Replace the file if it exists.

    Raises
    ------
    TypeError
        If the model is of a kind that cannot be saved.
    NotFittedError
        If the model is not trained.
    FileExistsError
        If the file exists and `force` is not set.

    Examples
    --------
    >>> import tempfile
    >>> from stancekit.classifier import StanceClassifier, TargetClassifier
    >>> model = StanceClassifier(cv=2).fit(["ja", "ja", "nein", "nein"], list("aabb"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/small.stance")
    ...     load_model(f"{folder}/small.stance").predict(["ja"])
    array(['a'], dtype='<U1')
    """
    if type(model).__name__ not in MODELS:
        raise TypeError(
            f"A {type(model).__name__} cannot be saved to a model file; "
            f"these can: {', '.join(MODELS)}."
        )
    check_is_fitted(model)
    settings, arrays = model.to_state()
    weights, described = pack(arrays)
    scores = evaluation.to_frame().astype(object) if evaluation else pd.DataFrame()
    manifest = {
        "format": FORMAT,
        "model": type(model).__name__,
        "settings": settings,
        "arrays": described,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "codebook_hash": codebook.content_hash if codebook else None,
        "scores": scores.where(scores.notna(), None).to_dict("records"),
        "versions": versions(),
    }
    with (
        open_new(path, force=force) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        _add(archive, MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
        _add(archive, WEIGHTS, weights)
        _add(archive, CARD, _card(manifest, codebook, evaluation))
        if codebook:
            _add(archive, CODEBOOK, codebook.to_toml())


def load_model(path: str | os.PathLike[str], *, encoder: Any = None) -> Any:
    """Load a model that :func:`save_model` saved.

    Parameters
    ----------
    path : path
        The file.
    encoder : object, optional
        The encoder that the model was trained with, if it was; the file only tells
        its name, and whether this one describes texts as that one did.

    Returns
    -------
    StanceClassifier, ConversationClassifier or TargetClassifier
        The trained model; its answers are those of the saved one.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is damaged, is no model, or was saved in another
        format, or if its encoder is missing or another one.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive)
        most = min(
            n_bytes(manifest["arrays"]), MOST_UNPACKED * Path(path).stat().st_size
        )
        weights = read_member(archive, WEIGHTS, most)
        if hashlib.sha256(weights).hexdigest() != manifest["weights_sha256"]:
            raise ModelFileError(
                "it is damaged: its weights are not those that were saved. Copy the "
                "file anew, or train the model anew."
            )
        arrays = unpack(weights, manifest["arrays"])
        settings = manifest["settings"]
        _check_settings(settings)
        model = MODELS[manifest["model"]].from_state(settings, arrays, encoder=encoder)
        _try_out(model)
        return model


def model_codebook(path: str | os.PathLike[str]) -> Codebook | None:
    """Return the codebook in a model file, or None if it has none.

    Raises
    ------
    ModelFileError
        If the file cannot be read or is no model.
    """
    with _opened(path) as archive:
        _manifest(archive)
        if CODEBOOK not in archive.namelist():
            return None
        return Codebook.from_toml(read_member(archive, CODEBOOK, MOST_TEXT).decode())


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[zipfile.ZipFile]:
    """Open a model file; whatever goes wrong is a ModelFileError that names it."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except ImportError:  # of numba, where the model asks for it
        raise
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, EOFError, zlib.error, struct.error) as error:
        raise ModelFileError(
            f"{path} is no model file, or is cut off: {error}. A model file is written "
            "by stancekit.save_model or `stancekit train`."
        ) from error
    except Exception as error:  # a file that is made to harm may raise anything
        raise ModelFileError(
            f"{path} does not hold what a model of format {FORMAT} must hold: "
            f"{type(error).__name__} {error}. Train the model anew."
        ) from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return what a model file says of itself."""
    content = read_member(archive, MANIFEST, MOST_TEXT)
    # Python's reader takes NaN for a number, and 1e999 for an infinite one.
    manifest = json.loads(content, parse_constant=_finite, parse_float=_finite)
    if manifest["format"] != FORMAT:
        raise ModelFileError(
            f"it has model format {manifest['format']!r}; this version of stancekit "
            f"reads format {FORMAT}. It was saved with stancekit "
            f"{manifest.get('versions', {}).get('stancekit', '(unknown)')}: install "
            "that one, or train the model anew."
        )
    return manifest


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number that a manifest has")
    return number


def _check_settings(settings: dict[str, Any]) -> None:
    """Raise ValueError unless labels and numbers of a model and its parts can be."""
    for part in (settings, *settings.get("parts", {}).values()):
        classes, n_labelled = part["classes"], part["n_labelled"]
        kinds = set(map(type, classes))
        are_labels = len(kinds) == 1 and kinds <= {str, int, float, bool}
        if len(classes) < 2 or len(set(classes)) < len(classes) or not are_labels:
            raise ValueError(f"the labels are {classes!r:.80}")
        if type(n_labelled) is not int or n_labelled < len(classes):
            raise ValueError(f"n_labelled is {n_labelled!r:.80}")
        if "parameters" not in part:  # those of its parts are the model's
            continue
        if not (0 < part["parameters"]["C"] < LARGEST and part["encoder_weight"] >= 0):
            raise ValueError("C or the weight of the encoder is not above 0")


def _try_out(model: Any) -> None:
    """Raise ValueError unless a model can answer for a small thread."""
    thread = pd.DataFrame(
        {
            col.COMMENT_ID: ["a", "b", "c"],
            col.PARENT_ID: [None, "a", "b"],
            col.ARTICLE_ID: "1",
            col.AUTHOR: ["A", "B", "A"],
            col.TEXT: ["ja", "nein", "doch"],
        }
    )
    if isinstance(model, TargetClassifier):
        thread[model.by] = next(iter(model.models_))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nobody asked for these answers
        sums = model.predict_proba(thread).sum(axis=1)
        model.predict(thread)
        model.in_training(thread)
    if not np.allclose(sums, 1):
        raise ValueError("its probabilities do not sum to 1")


def _add(archive: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    """Add a member without the time of day, so that equal models are equal files."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    # More would save 4 % of the bytes in more than twice the time.
    archive.writestr(member, content, compresslevel=1)


def versions() -> dict[str, str]:
    """Return the versions of what answers depend on."""
    packages = ("stancekit", "numpy", "scikit-learn")
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # run from a bare checkout
            found[package] = "unknown"
    return found


def _chosen(name: str, part: dict[str, Any]) -> str:
    """Say how a classifier in a model was made."""
    parameters, encoder = part["parameters"], part["encoder"]
    names = ("C", "class_weight", "decision", "cv")
    chosen = ", ".join(f"{k}={parameters[k]}" for k in names)
    features = ", ".join(f"{k}={v}" for k, v in parameters["features"].items())
    said = f"- {name}: {chosen}; {features}"
    if not encoder:
        return said
    return f"{said}; encoder {encoder['name']}, weight {part['encoder_weight']}"


def _card(manifest: dict[str, Any], codebook: Codebook | None, evaluation: Any) -> str:
    """Describe the model for people."""
    settings = manifest["settings"]
    parts = settings.get("parts") or {"comments": settings}
    names = settings.get("targets", parts)
    lines = [
        f"# {manifest['model']}",
        "",
        f"Labels: {', '.join(map(str, settings['classes']))}. Trained on "
        f"{settings['n_labelled']} labelled comments with stancekit "
        f"{manifest['versions']['stancekit']}.",
        "",
        *map(_chosen, names, parts.values()),
        "",
        "The predicted label can differ from the most probable one: with "
        "decision=macro_f1 rare labels are decided for earlier. Shares are to be "
        "estimated from probabilities and labels, not counted from predicted labels.",
    ]
    if codebook:
        lines += ["", f"## Codebook {codebook.content_hash}", "", codebook.question, ""]
        lines += [f"- **{p.label}**: {p.definition}" for p in codebook.positions]
    lines += ["", "## Evaluation", ""]
    lines += ["```", str(evaluation), "```"] if evaluation else ["Not evaluated."]
    return "\n".join(lines) + "\n"
