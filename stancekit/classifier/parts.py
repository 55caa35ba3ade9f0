"""Write classifiers that are parts of a model, each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stancekit.classifier.stance import StanceClassifier


def to_parts(
    models: Mapping[str, StanceClassifier],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the settings of each model, and the arrays of all under their names."""
    parts: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, model in models.items():
        parts[name], own = model.to_state()
        arrays |= {f"{name}/{key}": array for key, array in own.items()}
    return parts, arrays


def from_parts(
    parts: Mapping[str, Any], arrays: dict[str, np.ndarray], encoder: Any
) -> dict[str, StanceClassifier]:
    """Return the models that :func:`to_parts` described."""
    return {
        name: StanceClassifier.from_state(own, below(name, arrays), encoder=encoder)
        for name, own in parts.items()
    }


def below(name: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a part's, without it."""
    return {
        key.removeprefix(f"{name}/"): array
        for key, array in arrays.items()
        if key.startswith(f"{name}/")
    }
