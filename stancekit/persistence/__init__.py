"""Save models to files without code in them, and load them again."""

from stancekit.persistence.model_files import (
    load_model,
    model_codebook,
    save_model,
    versions,
)

__all__ = ["load_model", "model_codebook", "save_model", "versions"]
