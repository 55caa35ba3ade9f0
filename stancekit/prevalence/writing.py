"""Write shares up for a paper: a table, and how they were estimated."""

from __future__ import annotations

import platform
import re
import tomllib
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# In each language.
SENTENCES = Path(__file__).with_name("methods.toml")
# Pandas would need a newer Jinja2 than we ask for to write LaTeX.
SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "%&$#_{}"},
}


def latex_table(caption: str, rows: pd.DataFrame) -> str:
    r"""Return a table with rules of the package booktabs, everything escaped.

    >>> print(latex_table("Shares in %", pd.DataFrame({"a_b": [1]})))
    \begin{table}
    \caption{Shares in \%}
    \begin{tabular}{l}
    \toprule
    a\_b \\
    \midrule
    1 \\
    \bottomrule
    \end{tabular}
    \end{table}
    """
    head, *lines = (
        " & ".join(_escaped(str(cell)) for cell in line) + r" \\"
        for line in (rows.columns, *rows.itertuples(index=False))
    )
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{_escaped(caption)}}}",
            rf"\begin{{tabular}}{{{'l' * rows.shape[1]}}}",
            *(r"\toprule", head, r"\midrule", *lines, r"\bottomrule"),
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _escaped(text: str) -> str:
    return re.sub(r"[\\~^%&$#_{}]", lambda sign: SIGNS[sign[0]], text)


def write_methods(found: Any, model: Any, agreement: Any, language: str) -> str:
    """Return the paragraph on a Prevalence; see its ``methods_text``."""
    languages = tomllib.loads(SENTENCES.read_text("utf-8"))
    if language not in languages:
        raise ValueError(
            f"language={language!r} is none of: {', '.join(languages)} (English, "
            "German)."
        )
    words = languages[language]
    whole = found.overall or found
    numbers = _numbers(whole) | {
        "unit": words[whole.unit],
        "model": _name(model) or words["classifier"],
        "shares": "; ".join(_share(row) for row in whole.shares.to_dict("records")),
        **(_agreed(agreement) if agreement is not None else {}),
        **_groups(found),
    }
    if language == "de":
        # Names and versions keep their points.
        names = ("model", "by", "stancekit", "sklearn", "numpy", "python")
        numbers = {
            key: value if key in names else _with_commas(value)
            for key, value in numbers.items()
        }
    said = _sentences(found, agreement is not None)
    return " ".join(words[key].format(**numbers) for key in said)


def _sentences(found: Any, has_agreement: bool) -> list[str]:
    """Return which sentences the paragraph has."""
    whole = found.overall or found
    is_said = {
        "size": True,
        "hidden": whole.n_hidden or whole.n_without_text,
        whole.design.sampling: True,
        "drawn": whole.design.n_drawn,
        "agreement": has_agreement,
        "folds": whole.design.n_folds,
        "other": not whole.design.n_folds,
        "estimator": True,
        "intervals": True,
        "balance": not np.isnan(whole.balance),
        "shares": True,
        "groups": found.by is not None,
        "versions": True,
    }
    return [key for key, wanted in is_said.items() if wanted]


def _numbers(whole: Any) -> dict[str, Any]:
    sizes = ["n", "n_labelled", "n_clusters", "n_labelled_clusters"]
    tuning = whole.shares["tuning"]
    return {
        **whole.shares[sizes].iloc[0].to_dict(),
        **asdict(whole.design),
        "n_hidden": whole.n_hidden,
        "n_without_text": whole.n_without_text,
        "tuning_low": f"{tuning.min():.2f}",
        "tuning_high": f"{tuning.max():.2f}",
        "level": f"{100 * whole.confidence_level:g}",
        "clusters": whole.clusters,
        "balance": f"{whole.balance:.3f}",
        "stancekit": _version("stancekit"),
        "sklearn": _version("scikit-learn"),
        "numpy": _version("numpy"),
        "python": platform.python_version(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a checkout that was never installed
        return "(unknown)"


def _agreed(agreement: Any) -> dict[str, Any]:
    alpha = agreement.alpha
    return {
        "n_annotators": agreement.n_annotators,
        "n_compared": agreement.n_comments,
        "alpha": f"{alpha.estimate:.3f}",
        "alpha_low": f"{alpha.low:.3f}",
        "alpha_high": f"{alpha.high:.3f}",
        "observed": f"{100 * agreement.observed:.1f}",
    }


def _groups(found: Any) -> dict[str, Any]:
    labelled = found.shares["n_labelled"]
    return {
        "by": found.by,
        "least": int(labelled.min()),
        "most": int(labelled.max()),
        "n_groups": found.shares["group"].nunique(),
        "min_labelled": found.min_labelled,
        "n_pooled": len(found.pooled),
        "n_left_out": len(found.without_labels),
    }


def _share(row: dict[str, Any]) -> str:
    share, low, high = (100 * row[name] for name in ("corrected", "low", "high"))
    return f"{row['label']} {share:.1f} % [{low:.1f}, {high:.1f}]"


def _name(model: Any) -> str:
    if model is None or isinstance(model, str):
        return model or ""
    return type(model).__name__


def _with_commas(value: Any) -> Any:
    """Return numbers as German has them: a comma in, semicolons between."""
    if not isinstance(value, str):
        return value
    return re.sub(r"(?<=\d)\.(?=\d)", ",", value.replace(", ", "; "))
