"""Write comments as tasks for an annotation tool, with what they answer beside them."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from stancekit.annotation.label_table import ANNOTATOR, LABEL
from stancekit.annotation.sheets import csv_bytes, excel_bytes
from stancekit.errors import DataWarning
from stancekit.labels import Codebook
from stancekit.threads import (
    COMMENT_ID,
    HEADLINE,
    PARENT_TEXT,
    STANCE,
    TEXT,
    add_context,
    check_comments,
    is_hidden,
    name_rows,
)

# Label Studio refuses a task that lacks a field of its view, or has nothing in it.
NOTHING = "–"
# What XML 1.0 cannot hold.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_tasks(
    table: Any,
    path: str | Path,
    format: str,
    *,
    codebook: Codebook | None = None,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write comments as tasks for an annotation tool.

    Each task shows the headline, the comment answered and the comment itself in one
    view, and carries the ``comment_id``, by which :func:`read_labels` brings the
    labels home. Labels, predictions and authors are not written: they would sway.

    Parameters
    ----------
    table : DataFrame
        Comments with a ``comment_id``, for instance this round's rows of the table
        that :func:`suggest` returned. Parents outside the table are shown if it has
        ``parent_text``; call ``add_context`` before choosing rows.
    path : str or Path
        The file to write.
    format : {"label_studio", "doccano", "prodigy", "csv", "excel"}
        Tasks as JSON for Label Studio, as JSONL for doccano or Prodigy (choice view),
        or a sheet with empty columns for annotator and label.
    codebook : Codebook, optional
        Its labels become the choices: for Label Studio as a labelling configuration,
        a file beside ``path`` that ends in ``.xml``, for Prodigy as options of each
        task. doccano takes its labels in the project, a sheet has no choices.
    force : bool, default=False
        Whether to overwrite existing files.

    Returns
    -------
    tuple of Path
        The files written: the tasks and, for Label Studio with a codebook, the
        labelling configuration.

    Raises
    ------
    ValueError
        If the format is unknown, or there is no ``comment_id``.
    FileExistsError
        If a file is there and ``force`` is False. Nothing is written then.
    ImportError
        If "excel" is wanted and openpyxl is not installed.

    Warns
    -----
    DataWarning
        If there are deleted or removed comments, which are left out.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({
    ...     "comment_id": ["c1", "c2"],
    ...     "parent_id": [None, "c1"],
    ...     "headline": "Gipfel vertagt",
    ...     "text": ["Endlich reden!", "Mit wem denn?"],
    ... })
    >>> path = Path(tempfile.mkdtemp()) / "tasks.jsonl"
    >>> _ = write_tasks(table, path, "doccano")
    >>> print(json.loads(path.read_text().splitlines()[1])["text"])
    Headline: Gipfel vertagt
    <BLANKLINE>
    In reply to: Endlich reden!
    <BLANKLINE>
    Mit wem denn?
    """
    if format not in WRITERS:
        raise ValueError(
            f"Unknown format {format!r}. Known: {name_rows(WRITERS, most=10)}."
        )
    path = Path(path)
    files = {path: WRITERS[format](_task_table(table), codebook)}
    if format == "label_studio" and codebook is not None:
        configuration = path.with_suffix(".xml")
        if configuration == path:
            raise ValueError(
                f"{path} is where the labelling configuration goes. Name the tasks "
                f"{path.with_suffix('.json').name}."
            )
        files[configuration] = label_studio_config(codebook).encode()
    _write_files(files, force)
    return tuple(files)


def label_studio_config(codebook: Codebook) -> str:
    """Return a labelling configuration for Label Studio, made from a codebook.

    Examples
    --------
    >>> from stancekit.labels import Position
    >>> codebook = Codebook((Position("pro", title="Für > Gegen"), Position("contra")))
    >>> print(label_studio_config(codebook))
    <View>
      <Header value="Headline" size="5" />
      <Text name="headline" value="$headline" />
      <Header value="In reply to" size="5" />
      <Text name="parent_text" value="$parent_text" />
      <Header value="Comment" size="5" />
      <Text name="text" value="$text" />
      <Choices name="stance" toName="text" choice="single" required="true">
        <Choice value="Für &gt; Gegen" alias="pro" />
        <Choice value="contra" />
      </Choices>
    </View>
    """
    view = ElementTree.Element("View")
    if codebook.question:
        ElementTree.SubElement(view, "Header", value=_xml_text(codebook.question))
    for title, name in (
        ("Headline", HEADLINE),
        ("In reply to", PARENT_TEXT),
        ("Comment", TEXT),
    ):
        ElementTree.SubElement(view, "Header", value=title, size="5")
        ElementTree.SubElement(view, "Text", name=name, value=f"${name}")
    choices = ElementTree.SubElement(
        view, "Choices", name=STANCE, toName=TEXT, choice="single", required="true"
    )
    for position in codebook.positions:
        shown = codebook.title(position.label)
        choice = ElementTree.SubElement(choices, "Choice", value=_xml_text(shown))
        if shown != position.label:
            choice.set("alias", _xml_text(position.label))
        if position.definition:
            choice.set("hint", _xml_text(position.definition))
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode")


def _task_table(table: Any) -> pd.DataFrame:
    """Return what a task shows, without missing values: id, headline, parent, text."""
    table = check_comments(table, require=[COMMENT_ID])
    if PARENT_TEXT not in table.columns:
        table = add_context(table)
    hidden = is_hidden(table)
    if hidden.any():
        warnings.warn(
            f"{hidden.sum()} deleted or removed comments were left out of the tasks: "
            f"{name_rows(table.loc[hidden, COMMENT_ID])}.",
            DataWarning,
            stacklevel=3,
        )
    shown = table.loc[~hidden].reindex(
        columns=[COMMENT_ID, HEADLINE, PARENT_TEXT, TEXT]
    )
    return shown.astype(object).where(shown.notna(), other="").astype(str)


def _one_text(task: Any) -> str:
    """Return headline, parent and comment as one text, for tools that show just one."""
    parts = {"Headline": task.headline, "In reply to": task.parent_text}
    above = [f"{title}: {text}\n\n" for title, text in parts.items() if text]
    return "".join(above) + str(task.text)


def _label_studio_tasks(tasks: pd.DataFrame, codebook: Codebook | None) -> bytes:
    shown = tasks.replace("", NOTHING).to_dict("records")
    return json.dumps([{"data": task} for task in shown], indent=1).encode()


def _doccano_tasks(tasks: pd.DataFrame, codebook: Codebook | None) -> bytes:
    return _json_lines(
        [
            {"text": _one_text(task), COMMENT_ID: task.comment_id, "label": []}
            for task in tasks.itertuples(index=False)
        ]
    )


def _prodigy_tasks(tasks: pd.DataFrame, codebook: Codebook | None) -> bytes:
    positions = codebook.positions if codebook else ()
    options = [
        {"id": each.label, "text": each.title or each.label} for each in positions
    ]
    return _json_lines(
        [
            {
                "text": _one_text(task),
                COMMENT_ID: task.comment_id,
                "meta": {COMMENT_ID: task.comment_id},
                **({"options": options} if options else {}),
            }
            for task in tasks.itertuples(index=False)
        ]
    )


def _sheet(tasks: pd.DataFrame) -> pd.DataFrame:
    return tasks.assign(**{ANNOTATOR: "", LABEL: ""})


# Escaped to ASCII, JSON needs no encoding, and no tool splits a line inside a text.
def _json_lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _xml_text(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


WRITERS: dict[str, Callable[[pd.DataFrame, Codebook | None], bytes]] = {
    "label_studio": _label_studio_tasks,
    "doccano": _doccano_tasks,
    "prodigy": _prodigy_tasks,
    "csv": lambda tasks, _: csv_bytes(_sheet(tasks)),
    "excel": lambda tasks, _: excel_bytes(_sheet(tasks)),
}


def _write_files(files: dict[Path, bytes], force: bool) -> None:
    """Write each file to a temporary name and rename it, or write none at all."""
    existing = [path for path in files if path.exists()]
    if existing and not force:
        raise FileExistsError(
            f"{', '.join(map(str, existing))} is there already and was left as it is. "
            "Take another name, or force=True to overwrite."
        )
    for path, content in files.items():
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            unfinished.write_bytes(content)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
