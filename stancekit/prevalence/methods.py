"""Write the paragraph that says how shares were estimated."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

LANGUAGES = ("en", "de")
# English and German of each sentence; the names in braces are filled in.
TEXTS = {
    "classifier": ("A classifier", "Ein Klassifikator"),
    "comment": ("Comments", "Kommentare"),
    "author": (
        "Comments, those of each author with the weight of one,",
        "Kommentare, die einer Person zusammen mit dem Gewicht von einem,",
    ),
    "thread": (
        "Comments, those of each thread with the weight of one,",
        "Kommentare, die eines Strangs zusammen mit dem Gewicht von einem,",
    ),
    "size": (
        "{unit} counted: {n}; labelled by people: {n_labelled}.",
        "{unit} gezählt: {n}; von Menschen kodiert: {n_labelled}.",
    ),
    "hidden": (
        "Deleted or removed comments ({n_hidden}) and those without text "
        "({n_without_text}) were left out.",
        "Gelöschte ({n_hidden}) und textlose ({n_without_text}) Kommentare blieben "
        "außen vor.",
    ),
    "complete": (
        "Every comment was labelled.",
        "Alle Kommentare wurden kodiert.",
    ),
    "assumed": (
        "The labelled comments are assumed to be a simple random sample.",
        "Die kodierten Kommentare gelten als einfache Zufallsstichprobe.",
    ),
    "equal": (
        "The labelled comments were drawn at random, all with the same recorded "
        "probability.",
        "Die kodierten Kommentare wurden zufällig gezogen, alle mit derselben "
        "festgehaltenen Wahrscheinlichkeit.",
    ),
    "unequal": (
        "The labelled comments were drawn at random with recorded probabilities that "
        "differ, by which they are weighted.",
        "Die kodierten Kommentare wurden zufällig mit festgehaltenen, ungleichen "
        "Wahrscheinlichkeiten gezogen und danach gewichtet.",
    ),
    "drawn": (
        "Drawn: {n_drawn} (rounds: {n_rounds}), of which {n_skipped} got no label.",
        "Gezogen: {n_drawn} (Runden: {n_rounds}), davon {n_skipped} ohne Kodierung.",
    ),
    "agreement": (
        "Krippendorff's alpha of {n_annotators} annotators on {n_compared} comments "
        "is {alpha} [{alpha_low}, {alpha_high}]; agreement observed: {observed} %.",
        "Krippendorffs Alpha von {n_annotators} Kodierenden auf {n_compared} "
        "Kommentaren beträgt {alpha} [{alpha_low}, {alpha_high}]; beobachtete "
        "Übereinstimmung: {observed} %.",
    ),
    "folds": (
        "{model} predicted the comments in {n_folds} folds that keep articles, else "
        "threads, whole: none by a model that had seen its article.",
        "{model} sagte die Kommentare in {n_folds} Teilen voraus, die Artikel, sonst "
        "Stränge, nicht zerreißen: keinen mit einem Modell, das seinen Artikel kannte.",
    ),
    "other": (
        "{model}, trained on other comments, predicted them.",
        "{model}, an anderen Kommentaren trainiert, sagte sie voraus.",
    ),
    "estimator": (
        "Each share is the mean of the predicted probabilities, corrected by their "
        "errors on the labelled comments (prediction-powered inference, Angelopoulos "
        "et al. 2023) and weighted so that the variance is least (weights {tuning_low} "
        "to {tuning_high}).",
        "Jeder Anteil ist der Mittelwert der vorhergesagten Wahrscheinlichkeiten, "
        "korrigiert um deren Fehler auf den kodierten Kommentaren (prediction-powered "
        "inference, Angelopoulos et al. 2023) und so gewichtet, dass die Varianz am "
        "kleinsten ist (Gewichte {tuning_low} bis {tuning_high}).",
    ),
    "intervals": (
        "Intervals ({level} %) take clusters ({clusters}) for the sample, {n_clusters} "
        "in all and {n_labelled_clusters} with labels: variance by the jackknife over "
        "clusters, Wilson's limits with Student's quantiles.",
        "Die Intervalle ({level} %) nehmen Klumpen ({clusters}) als Stichprobe, "
        "insgesamt {n_clusters}, davon {n_labelled_clusters} mit Kodierungen: Varianz "
        "nach dem Jackknife über Klumpen, Grenzen nach Wilson mit Students Quantilen.",
    ),
    "balance": (
        "A test whether the labelled comments are like all by their predictions gives "
        "p = {balance}.",
        "Ein Test, ob die kodierten Kommentare nach ihren Vorhersagen allen gleichen, "
        "ergibt p = {balance}.",
    ),
    "shares": ("Shares: {shares}.", "Anteile: {shares}."),
    "groups": (
        "Shares by {by} rest on {least} to {most} labelled comments in each of "
        "{n_groups} groups; the fewest allowed were {min_labelled} (put together for "
        "want of them: {n_pooled}, left out: {n_left_out}).",
        "Anteile nach {by} beruhen auf je {least} bis {most} kodierten Kommentaren in "
        "{n_groups} Gruppen; verlangt waren mindestens {min_labelled} (deshalb "
        "zusammengelegt: {n_pooled}, weggelassen: {n_left_out}).",
    ),
    "versions": (
        "Computed with stancekit {stancekit}, scikit-learn {sklearn}, numpy {numpy}, "
        "Python {python}.",
        "Berechnet mit stancekit {stancekit}, scikit-learn {sklearn}, numpy {numpy}, "
        "Python {python}.",
    ),
}


def write_methods(found: Any, model: Any, agreement: Any, language: str) -> str:
    """Return the paragraph on a Prevalence; see its ``methods_text``."""
    if language not in LANGUAGES:
        raise ValueError(
            f"language={language!r} is none of: {', '.join(LANGUAGES)} (English, "
            "German)."
        )
    place = LANGUAGES.index(language)
    words = {key: texts[place] for key, texts in TEXTS.items()}
    whole = found.overall or found
    numbers = _numbers(whole) | {
        "unit": words[whole.unit],
        "model": _name(model) or words["classifier"],
        "shares": "; ".join(_share(row) for row in whole.shares.to_dict("records")),
        **(_agreed(agreement) if agreement is not None else {}),
        **(_groups(found) if found.by is not None else {}),
    }
    if language == "de":
        names = ("model", "by", "stancekit", "sklearn", "numpy", "python")
        numbers = {
            key: value if key in names else _with_commas(value)
            for key, value in numbers.items()
        }
    said = _sentences(found, agreement is not None)
    return " ".join(words[key].format(**numbers) for key in said)


def _sentences(found: Any, has_agreement: bool) -> Iterator[str]:
    """Return which sentences the paragraph has."""
    whole = found.overall or found
    yield "size"
    if whole.n_hidden or whole.n_without_text:
        yield "hidden"
    yield whole.design.sampling
    if whole.design.n_drawn:
        yield "drawn"
    if has_agreement:
        yield "agreement"
    yield "folds" if whole.design.n_folds else "other"
    yield from ("estimator", "intervals")
    if whole.balance == whole.balance:
        yield "balance"
    yield "shares"
    if found.by is not None:
        yield "groups"
    yield "versions"


def _numbers(whole: Any) -> dict[str, Any]:
    first, design = whole.shares.iloc[0], whole.design
    names = ("n", "n_labelled", "n_clusters", "n_labelled_clusters")
    return {
        **{name: int(first[name]) for name in names},
        **{name: getattr(design, name) for name in ("n_drawn", "n_rounds")},
        **{"n_skipped": design.n_skipped, "n_folds": design.n_folds},
        **{"n_hidden": whole.n_hidden, "n_without_text": whole.n_without_text},
        "tuning_low": f"{whole.shares['tuning'].min():.2f}",
        "tuning_high": f"{whole.shares['tuning'].max():.2f}",
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
