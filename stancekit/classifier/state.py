"""Write a trained StanceClassifier as JSON values and plain arrays, and read it."""

from __future__ import annotations

from typing import Any

import numpy as np

from stancekit.classifier.calibration import Calibration
from stancekit.classifier.encoding import describe_encoder
from stancekit.classifier.trained_on import TrainedOn
from stancekit.features import CommentFeatures, LinearScorer, expect_shape


def state_of(model: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the settings and arrays of a trained StanceClassifier."""
    parameters = model.get_params(deep=False)
    del parameters["n_jobs"], parameters["encoder"]  # not the model's own
    if isinstance(model.class_weight, dict):  # JSON would make strings of the keys
        pairs = [(np.array(k).item(), w) for k, w in model.class_weight.items()]
        parameters["class_weight"] = pairs
    chosen = {"features": model.features_.get_params(), "C": model.C_}
    encoder = None if model.encoder is None else describe_encoder(model.encoder)
    settings = {
        "parameters": parameters | chosen,
        "encoder": encoder,
        "encoder_weight": model.encoder_weight_,
        "classes": model.classes_.tolist(),
        "n_labelled": model.n_labelled_,
        "languages": list(model.languages_),
    }
    arrays = {
        "calibration/slope": np.array(model.calibration_.slope),
        "calibration/bias": model.calibration_.bias,
        "calibration/highest": np.array(model.calibration_.highest),
        "known_bound": np.array(model.known_bound_),
        "decision_weights": model.decision_weights_,
        "class_shares": model.class_shares_,
        "encoder_coef": model.encoder_coef_,
        **model.scorer_.to_arrays(),
        **model.trained_on_.to_arrays(),
    }
    return settings, arrays


def parameters_in(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what a classifier of these settings is made with, but for the encoder."""
    parameters = dict(settings["parameters"])
    if isinstance(parameters["class_weight"], list):
        parameters["class_weight"] = dict(parameters["class_weight"])
    return parameters | {"features": CommentFeatures(**parameters["features"])}


def restore(
    model: Any, settings: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Give a StanceClassifier, made with its parameters, what it had learnt."""
    model.features_, model.C_ = model.features, model.C
    model.encoder_weight_ = settings["encoder_weight"]
    model.classes_ = np.array(settings["classes"])
    model.n_labelled_ = settings["n_labelled"]
    model.languages_ = tuple(map(str, settings["languages"]))
    n_classes = len(model.classes_)
    model.calibration_ = Calibration(
        slope=float(arrays["calibration/slope"]),
        bias=expect_shape(arrays, "calibration/bias", (n_classes,)),
        highest=float(arrays["calibration/highest"]),
    )
    model.known_bound_ = float(arrays["known_bound"])
    model.decision_weights_ = expect_shape(arrays, "decision_weights", (n_classes,))
    model.class_shares_ = expect_shape(arrays, "class_shares", (n_classes,))
    model.scorer_ = LinearScorer.from_arrays(
        model.features.maps, arrays, n_classes, kernel=model.features.kernel
    )
    width = len(arrays["encoder_coef"])
    model.encoder_coef_ = expect_shape(arrays, "encoder_coef", (width, n_classes))
    model.trained_on_ = TrainedOn.from_arrays(arrays)
