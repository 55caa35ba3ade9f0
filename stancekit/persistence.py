"""Save models to files without code in them, and load them again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from stancekit.classifier import StanceClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.errors import ModelFileError
from stancekit.labels import Codebook

FORMAT = 1
MODELS: dict[str, Any] = {
    "StanceClassifier": StanceClassifier,
    "ConversationClassifier": ConversationClassifier,
}
MANIFEST, WEIGHTS, CODEBOOK, CARD = (
    "manifest.json",
    "weights.npz",
    "codebook.toml",
    "README.md",
)
# No model comes near this; a file that claims more is damaged or made to harm.
MOST_BYTES = 2**31


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
    model : StanceClassifier or ConversationClassifier
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
    >>> from stancekit.classifier import StanceClassifier
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
    weights = _pack(arrays)
    manifest = {
        "format": FORMAT,
        "model": type(model).__name__,
        "settings": settings,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "codebook_hash": codebook.content_hash if codebook else None,
        "scores": evaluation.to_frame().to_dict("records") if evaluation else [],
        "versions": _versions(),
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
    StanceClassifier or ConversationClassifier
        The trained model; its answers are those of the saved one.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is damaged, is no model, or was saved in another
        format, or if its encoder is missing or another one.
    """
    manifest, members = _read(path)
    if manifest.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} has model format {manifest.get('format')!r}; this version of "
            f"stancekit reads format {FORMAT}. It was saved with stancekit "
            f"{manifest.get('versions', {}).get('stancekit', '(unknown)')}: install "
            "that one, or train the model anew."
        )
    weights = members.get(WEIGHTS, b"")
    if hashlib.sha256(weights).hexdigest() != manifest.get("weights_sha256"):
        raise ModelFileError(
            f"{path} is damaged: its weights are not those that were saved. Copy the "
            "file anew, or train the model anew."
        )
    try:
        kind = MODELS[manifest["model"]]
        with np.load(io.BytesIO(weights), allow_pickle=False) as arrays:
            return kind.from_state(manifest["settings"], dict(arrays), encoder=encoder)
    except ModelFileError as error:  # the encoder is not the one
        raise ModelFileError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ModelFileError(
            f"{path} does not hold what a model of format {FORMAT} must hold: "
            f"{type(error).__name__} {error}. Train the model anew."
        ) from error


def load_codebook(path: str | os.PathLike[str]) -> Codebook | None:
    """Return the codebook in a model file, or None if it has none.

    Raises
    ------
    ModelFileError
        If the file cannot be read or is no model.
    """
    _, members = _read(path)
    if CODEBOOK not in members:
        return None
    return Codebook.from_toml(members[CODEBOOK].decode())


@contextmanager
def open_new(
    path: str | os.PathLike[str], *, force: bool = False
) -> Iterator[IO[bytes]]:
    """Write a file that appears whole or not at all.

    Parameters
    ----------
    path : path
        The file.
    force : bool, default=False
        Replace the file if it exists.

    Yields
    ------
    binary stream
        Becomes the file when the block ends without an error.

    Raises
    ------
    FileExistsError
        If the file exists and `force` is not set.
    """
    refuse_existing(path, force=force)
    target = Path(path)
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=f".{target.name}.", delete=False
    ) as stream:
        temporary = Path(stream.name)
        try:
            yield stream
            stream.close()
            # A temporary file is private; what the user asked for is not.
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def refuse_existing(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Raise FileExistsError if the file is there and must not be replaced."""
    if not force and Path(path).exists():
        raise FileExistsError(
            f"{path} exists and is kept. Give another name, or allow it to be replaced "
            "(force=True; --force on the command line)."
        )


def _pack(arrays: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    """Add a member without the time of day, so that equal models are equal files."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, content, compresslevel=1)


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest and all members of a model file."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_BYTES:
                raise ModelFileError(f"{path} would unpack to {size:,} bytes.")
            members = {name: archive.read(name) for name in archive.namelist()}
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise ModelFileError(
            f"{path} is no model file, or is cut off: {error}. A model file is written "
            "by stancekit.save_model or `stancekit train`."
        ) from error
    try:
        manifest = json.loads(members[MANIFEST])
    except (KeyError, ValueError) as error:
        raise ModelFileError(
            f"{path} is a zip file but no model: it has no readable {MANIFEST}."
        ) from error
    return manifest, members


def _versions() -> dict[str, str]:
    packages = ("stancekit", "numpy", "scikit-learn")
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # run from a bare checkout
            found[package] = "unknown"
    return found


def _chosen(parts: dict[str, Any]) -> list[str]:
    """Say of each classifier in a model how it was made."""
    lines = []
    for name, part in parts.items():
        parameters, encoder = part["parameters"], part["encoder"]
        features = ", ".join(f"{k}={v}" for k, v in parameters["features"].items())
        lines += [
            f"- {name}: C={parameters['C']}, "
            f"class_weight={parameters['class_weight']}, "
            f"decision={parameters['decision']}, cv={parameters['cv']}; {features}"
        ]
        if encoder:
            lines[-1] += f"; encoder {encoder['name']}, weight {part['encoder_weight']}"
    return lines


def _card(manifest: dict[str, Any], codebook: Codebook | None, evaluation: Any) -> str:
    """Describe the model for people."""
    settings = manifest["settings"]
    lines = [
        f"# {manifest['model']}",
        "",
        f"Labels: {', '.join(map(str, settings['classes']))}. Trained on "
        f"{settings['n_labelled']} labelled comments with stancekit "
        f"{manifest['versions']['stancekit']}.",
        "",
        *_chosen(settings.get("parts") or {"comments": settings}),
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
