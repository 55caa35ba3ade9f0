"""Pack the arrays of a model, and unpack only what a model can hold."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import Any, NamedTuple

import numpy as np

from stancekit.errors import ModelFileError

# No weight of a model comes near this, and sums of them stay finite.
LARGEST = 1e9
# What a zip file and numpy put around an array, at most.
HEADER_BYTES = 1024
# This bit of a member's flags says that it needs a password.
ENCRYPTED = 1


class Rule(NamedTuple):
    """What an array of a name is: kind of number, dimensions, least and greatest."""

    name: str
    kind: str
    ndim: int
    least: float = -LARGEST
    greatest: float = LARGEST


BLOCK = "(own|parent|opening|headline|replies)/(words|characters)"
# Those of the parts of a model have the name of the part before theirs.
RULES = (
    Rule("calibration/slope", "f", 0, least=0),
    Rule("calibration/highest|known_bound|highest", "f", 0, least=0, greatest=1),
    Rule("calibration/bias|intercept|field/inputs", "f", 1),
    Rule("decision_weights", "f", 1, least=0),
    Rule("class_shares|field/shares", "f", 1, least=0, greatest=1),
    Rule("encoder_coef|shape_weights", "f", 2),
    Rule(f"known/steps|{BLOCK}/steps", "u", 1),
    Rule(f"{BLOCK}/idf", "f", 1, least=0),
    Rule(f"{BLOCK}/weights", "f", 2),
    Rule("trained_on/(salt|hashes)", "u", 1, greatest=2**64),
    Rule("field/(answer|author|grandparent)", "f", 3),
)
PARTS = "((first|relation|target [0-9]+)/)?"


def pack(arrays: dict[str, np.ndarray]) -> tuple[bytes, dict[str, Any]]:
    """Return arrays as one file of numpy, and what their types and shapes are."""
    arrays = {
        # ascontiguousarray makes of a number a list of one.
        name: np.ascontiguousarray(a).reshape(a.shape)
        for name, a in arrays.items()
    }
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    described = {name: [a.dtype.str, list(a.shape)] for name, a in arrays.items()}
    return stream.getvalue(), described


def n_bytes(described: dict[str, Any]) -> int:
    """Return how many bytes the arrays may take that a manifest describes."""
    for name, (dtype, shape) in described.items():
        rule = _rule(name)
        if np.dtype(dtype).kind != rule.kind or len(shape) != rule.ndim:
            raise ModelFileError(f"{name} is of type {dtype} and shape {shape}.")
        if not all(isinstance(size, int) and size >= 0 for size in shape):
            raise ModelFileError(f"{name} has the shape {shape}.")
    return sum(_size(*each) + HEADER_BYTES for each in described.values())


def unpack(weights: bytes, described: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the arrays that :func:`pack` packed, each as it is described."""
    most = n_bytes(described)
    with zipfile.ZipFile(io.BytesIO(weights)) as archive:
        return {
            name: _array(name, read_member(archive, f"{name}.npy", most), *each)
            for name, each in described.items()
        }


def _array(name: str, content: bytes, dtype: str, shape: list[int]) -> np.ndarray:
    """Return one array, if its bytes are as those of its type and shape are."""
    header = io.BytesIO()
    described = {"descr": dtype, "fortran_order": False, "shape": tuple(shape)}
    np.lib.format.write_array_header_1_0(header, described)
    # Compared as bytes: what a header may hold is never evaluated.
    start = header.getvalue()
    size = len(start) + _size(dtype, shape)
    if not content.startswith(start) or len(content) != size:
        raise ModelFileError(f"{name} is not of type {dtype} and shape {shape}.")
    array = np.frombuffer(content, dtype, offset=len(start)).reshape(shape)
    rule = _rule(name)
    # Written so that a value that is no number fails too.
    ends = (float(array.min()), float(array.max())) if array.size else ()
    if ends and not rule.least <= ends[0] <= ends[1] <= rule.greatest:
        raise ModelFileError(
            f"{name} has values that are no numbers, or not from {rule.least:g} to "
            f"{rule.greatest:g}."
        )
    return array


def _rule(name: str) -> Rule:
    for rule in RULES:
        if re.fullmatch(f"{PARTS}({rule.name})", name):
            return rule
    raise ModelFileError(f"No model has an array {name!r:.80}.")


def _size(dtype: str, shape: list[int]) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize


def read_member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return the content of a member that has at most so many bytes."""
    if name not in archive.namelist():
        raise ModelFileError(f"it is a zip file but no model: it has no {name}.")
    member = archive.getinfo(name)
    if member.file_size > most:
        raise ModelFileError(
            f"{name} would unpack to {member.file_size:,} bytes, {most:,} at most are "
            "expected."
        )
    # Other ways to pack swell more, or need a package that may be missing.
    is_plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if not is_plain or member.flag_bits & ENCRYPTED:
        raise ModelFileError(f"{name} is encrypted, or packed as no model file is.")
    return archive.read(member)
