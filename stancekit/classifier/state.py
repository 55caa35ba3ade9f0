"""Write a trained classifier as JSON values and plain arrays, and read it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from stancekit.classifier.calibration import Calibration
from stancekit.classifier.deciding import DecidingClassifier
from stancekit.classifier.encoding import check_encoder, describe_encoder
from stancekit.classifier.trained_on import TrainedOn
from stancekit.features import CommentFeatures, LinearScorer, expect_shape


class SavedClassifier(DecidingClassifier):
    """What a classifier of single comments has learnt, and how a file holds it."""

    class_weight: str | dict | None
    encoder: Any

    features_: CommentFeatures
    C_: float
    encoder_weight_: float
    calibration_: Calibration
    class_shares_: np.ndarray
    known_bound_: float
    scorer_: LinearScorer
    encoder_coef_: np.ndarray
    n_labelled_: int
    languages_: tuple[str, ...]
    trained_on_: TrainedOn

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the trained model as JSON values and plain arrays."""
        parameters = self.get_params(deep=False)
        del parameters["n_jobs"], parameters["encoder"]  # not the model's own
        if isinstance(self.class_weight, dict):  # JSON would make strings of the keys
            pairs = [(np.array(k).item(), w) for k, w in self.class_weight.items()]
            parameters["class_weight"] = pairs
        chosen = {"features": self.features_.get_params(), "C": self.C_}
        encoder = None if self.encoder is None else describe_encoder(self.encoder)
        settings = {
            "parameters": parameters | chosen,
            "encoder": encoder,
            "encoder_weight": self.encoder_weight_,
            "classes": self.classes_.tolist(),
            "n_labelled": self.n_labelled_,
            "languages": list(self.languages_),
        }
        arrays = {
            "calibration/slope": np.array(self.calibration_.slope),
            "calibration/bias": self.calibration_.bias,
            "calibration/highest": np.array(self.calibration_.highest),
            "known_bound": np.array(self.known_bound_),
            "decision_weights": self.decision_weights_,
            "class_shares": self.class_shares_,
            "encoder_coef": self.encoder_coef_,
            **self.scorer_.to_arrays(),
            **self.trained_on_.to_arrays(),
        }
        return settings, arrays

    @classmethod
    def from_state(
        cls,
        settings: dict[str, Any],
        arrays: dict[str, np.ndarray],
        *,
        encoder: Any = None,
    ) -> Self:
        """Return the model that :meth:`to_state` described.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another shape.
        ModelFileError
            If the encoder is not the one that the model was trained with.
        """
        check_encoder(encoder, settings["encoder"])
        parameters = dict(settings["parameters"])
        if isinstance(parameters["class_weight"], list):
            parameters["class_weight"] = dict(parameters["class_weight"])
        features = CommentFeatures(**parameters.pop("features"))
        model = cls(**parameters, features=features, encoder=encoder)
        model.features_, model.C_ = features, parameters["C"]
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
            features.maps, arrays, n_classes, kernel=features.kernel
        )
        width = len(arrays["encoder_coef"])
        model.encoder_coef_ = expect_shape(arrays, "encoder_coef", (width, n_classes))
        model.trained_on_ = TrainedOn.from_arrays(arrays)
        return model
