"""Write a page that shows comments and their positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stancekit import columns as col
from stancekit.files import AnyPath, open_all_new, refuse_existing
from stancekit.labels import Codebook
from stancekit.report.numbers import Marker, page_numbers
from stancekit.report.page import render_page
from stancekit.report.shown import BESIDE, Settings
from stancekit.scoring.predicting import ABSTAIN_BELOW
from stancekit.scoring.writing import to_bytes


def write_report(
    table: Any,
    path: AnyPath,
    model: Any = None,
    *,
    codebook: Codebook | None = None,
    label_column: str = col.STANCE,
    abstain_below: float = ABSTAIN_BELOW,
    language: str = "en",
    pseudonymise: bool = False,
    authors: bool = True,
    marker: Marker | None = None,
    force: bool = False,
) -> list[Path]:
    r"""Write one page that shows comments, their threads and positions.

    The page needs nothing but itself and a browser. It holds what was read and left
    out, the positions, shares with intervals where there are labels (counts with a
    warning where there are none), every comment with position and probability, and a
    description of the model. A reader can mark positions as wrong and save a file that
    :func:`~stancekit.read_labels` takes.

    Parameters
    ----------
    table : DataFrame or sequence of str
        n comments, as :func:`~stancekit.check_comments` takes them. Of more than 5,000
        whole threads are drawn, and all comments are written beside the page, to
        ``<name>-comments.csv``.
    path : path
        Where to write the page.
    model : classifier, optional
        By default the one trained on the bundled corpus.
    codebook : Codebook, optional
        What its labels mean, and their order.
    label_column : str, default="stance"
        Labels by people, if there are any.
    abstain_below : float, default=0.4
        As for :func:`~stancekit.predict_comments`.
    language : {"en", "de"}, default="en"
        Of the page's own words.
    pseudonymise : bool, default=False
        Show author-1, author-2 ... in the place of names, also after an ``@``.
    authors : bool, default=True
        Whether to show authors at all.
    marker : callable, optional
        Takes the model and all comments with context; returns for ids of comments the
        spans that carried the decision, as ``{id: (in_text, in_parent_text)}``.
    force : bool, default=False
        Replace files that exist.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ValueError, TypeError
        As :func:`~stancekit.predict_comments`, or if there is no such language, or the
        path does not end in ``.html``.
    FileExistsError
        If a file exists and `force` is not set.
    ImportError
        If jinja2 is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from stancekit.classifier import StanceClassifier
    >>> model = StanceClassifier(cv=2).fit(["ja", "ja", "nein", "nein"], list("aabb"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [page] = write_report(["ja"], f"{folder}/page.html", model)
    ...     page.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    settings = Settings(language, label_column, abstain_below, pseudonymise, authors)
    if Path(path).suffix.lower() != ".html":
        raise ValueError(f"{path} does not end in .html, as the name of a page does.")
    refuse_existing(path, force=force)
    numbers, shown = page_numbers(table, model, codebook, settings, marker)
    paths = [Path(path)]
    if len(numbers["comments"]) < len(shown):
        numbers["beside"] = f"{paths[0].stem}{BESIDE}"
        paths.append(paths[0].with_name(numbers["beside"]))
    contents = [render_page(numbers, shown), to_bytes(shown, ".csv")]
    with open_all_new(paths, force=force) as streams:
        for stream, content in zip(streams, contents, strict=False):
            stream.write(content)
    return paths
