"""Write comments as tasks for an annotation tool, with what they answer beside them."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pandas as pd

from stancekit import columns as col
from stancekit.errors import DataWarning, missing_extra, name_rows
from stancekit.files import open_all_new
from stancekit.labels import Codebook
from stancekit.threads import add_context, check_comments, has_no_text

Task = Mapping[Any, str]

# What a task shows, from above to below, and what stands over it.
SHOWN = {col.HEADLINE: "Headline", col.PARENT_TEXT: "In reply to", col.TEXT: "Comment"}
# Label Studio refuses a task that lacks a field of its view, or has nothing in it.
NOTHING = "–"
# What XML 1.0 cannot hold.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Of a workbook, beside the sheet of comments.
CODEBOOK_SHEET = "codebook"
# Of a column of texts, in characters: a line that is read without turning the head.
TEXT_WIDTH = 60


def write_tasks(
    table: Any,
    path: str | Path,
    format: str,
    *,
    codebook: Codebook | None = None,
    force: bool = False,
) -> tuple[Path, ...]:
    r"""Write comments as tasks for an annotation tool.

    Each task shows the headline, the comment answered and the comment itself, and
    carries the ``comment_id``, by which :func:`read_labels` brings the labels home.
    Labels, predictions and authors are not written: they would sway.

    Parameters
    ----------
    table : DataFrame
        Comments with a ``comment_id``, for instance this round's rows of what
        :func:`suggest` returned. Parents outside the table are shown if it has
        ``parent_text``; call ``add_context`` before choosing rows.
    path : path
        The file to write.
    format : {"label_studio", "doccano", "prodigy", "csv", "excel"}
        Tasks as JSON for Label Studio, as JSONL for doccano or Prodigy (choice view),
        or a sheet with empty columns for annotator and label.
    codebook : Codebook, optional
        Its labels become the choices: for Label Studio in a labelling configuration
        beside ``path`` that ends in ``.xml``, for Prodigy as options of each task, in
        Excel as a drop-down list, with a sheet that explains them. doccano has them in
        the project, CSV has none.
    force : bool, default=False
        Whether to overwrite existing files.

    Returns
    -------
    tuple of Path
        The files written.

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
    >>> import json, tempfile
    >>> table = pd.DataFrame({
    ...     "comment_id": ["c1", "c2"],
    ...     "parent_id": [None, "c1"],
    ...     "headline": "Gipfel vertagt",
    ...     "text": ["Endlich reden!", "Mit wem denn?"],
    ... })
    >>> path, = write_tasks(table, Path(tempfile.mkdtemp()) / "tasks.json", "doccano")
    >>> json.loads(path.read_text().splitlines()[1])["text"]
    'Headline: Gipfel vertagt\n\nIn reply to: Endlich reden!\n\nMit wem denn?'
    """
    if format not in WRITERS:
        raise ValueError(
            f"Unknown format {format!r}. Known: {name_rows(WRITERS, most=10)}."
        )
    path = Path(path)
    files = {path: WRITERS[format](_tasks(table), codebook)}
    if format == "label_studio" and codebook is not None:
        configuration = path.with_suffix(".xml")
        # Else one file would overwrite the other.
        if configuration == path:
            raise ValueError(
                f"{path} is where the labelling configuration goes. Name the tasks "
                f"{path.with_suffix('.json').name}."
            )
        files[configuration] = label_studio_config(codebook).encode()
    with open_all_new(list(files), force=force) as streams:
        for stream, content in zip(streams, files.values(), strict=True):
            stream.write(content)
    return tuple(files)


def _tasks(table: Any) -> list[Task]:
    """Return the id of each comment that has a text, and what a task shows of it."""
    table = check_comments(table, require=[col.COMMENT_ID])
    # Of chosen rows the parents are missing; their texts were added before.
    if col.PARENT_TEXT not in table.columns:
        table = add_context(table)
    hidden = has_no_text(table)
    if hidden.any():
        warnings.warn(
            f"{hidden.sum()} deleted or removed comments were left out of the tasks: "
            f"{name_rows(table.loc[hidden, col.COMMENT_ID])}.",
            DataWarning,
            stacklevel=3,
        )
    tasks = table.loc[~hidden].reindex(columns=[col.COMMENT_ID, *SHOWN])
    tasks = tasks.astype(object).where(tasks.notna(), other="").astype(str)
    return tasks.to_dict("records")


def _as_one_text(task: Task) -> str:
    """Return headline, parent and comment as one text, for tools that show just one."""
    above = [
        f"{SHOWN[name]}: {task[name]}\n\n"
        for name in (col.HEADLINE, col.PARENT_TEXT)
        if task[name]
    ]
    return "".join([*above, task[col.TEXT]])


def _for_label_studio(tasks: list[Task], _: object) -> bytes:
    shown = [{name: text or NOTHING for name, text in task.items()} for task in tasks]
    return json.dumps([{"data": task} for task in shown], indent=1).encode()


def _for_prodigy(tasks: list[Task], codebook: Codebook | None) -> bytes:
    """Return tasks for the choice view, with the codebook's labels as options."""
    positions = codebook.positions if codebook else ()
    options = [
        {"id": each.label, "text": each.title or each.label} for each in positions
    ]
    return _json_lines(
        {
            "text": _as_one_text(task),
            col.COMMENT_ID: task[col.COMMENT_ID],
            "meta": {col.COMMENT_ID: task[col.COMMENT_ID]},
            **({"options": options} if options else {}),
        }
        for task in tasks
    )


def _for_doccano(tasks: list[Task], _: object) -> bytes:
    return _json_lines(
        {"text": _as_one_text(task), col.COMMENT_ID: task[col.COMMENT_ID], "label": []}
        for task in tasks
    )


def _json_lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return JSON lines, in ASCII: no encoding to miss, no line end inside a text."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _sheet(tasks: list[Task]) -> pd.DataFrame:
    sheet = pd.DataFrame(tasks, columns=[col.COMMENT_ID, *SHOWN])
    return sheet.assign(**{col.ANNOTATOR: "", col.LABEL: ""})


def _for_csv(tasks: list[Task], _: object) -> bytes:
    """Return a CSV file; its byte order mark lets Excel see that it is UTF-8."""
    return _sheet(tasks).to_csv(index=False).encode("utf-8-sig")


def _for_excel(tasks: list[Task], codebook: Codebook | None) -> bytes:
    """Return an Excel workbook in which every cell is text, never a formula."""
    try:
        import openpyxl
        from openpyxl.worksheet.datavalidation import DataValidation
    except ImportError as error:
        raise missing_extra("openpyxl", "tables", "Writing Excel workbooks") from error
    sheet = _sheet(tasks)
    workbook = openpyxl.Workbook(write_only=True)
    page = workbook.create_sheet("comments")
    page.freeze_panes = "A2"
    # Headline, parent and text.
    for letter in "BCD":
        page.column_dimensions[letter].width = TEXT_WIDTH
    _append(page, [sheet.columns, *sheet.itertuples(index=False, name=None)])
    if codebook is not None:
        explained = workbook.create_sheet(CODEBOOK_SHEET)
        explained.column_dimensions["C"].width = TEXT_WIDTH
        _append(explained, _explanations(codebook))
        last = len(codebook.labels) + 1
        choices = DataValidation("list", f"{CODEBOOK_SHEET}!$A$2:$A${last}")
        # Else Excel takes any other word, too.
        choices.showErrorMessage = True
        choices.add(f"F2:F{len(sheet) + 1}")
        page.data_validations.append(choices)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _append(page: Any, rows: Iterable[Iterable[str]]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment

    for row in rows:
        cells = [
            WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("\ufffd", v)) for v in row
        ]
        for cell in cells:
            # Else openpyxl takes a text that begins with = for a formula.
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        page.append(cells)


def _explanations(codebook: Codebook) -> list[tuple[str, ...]]:
    """Return the rows of a sheet that says what the labels mean."""
    return [
        (col.LABEL, "title", "definition", "examples"),
        *(
            (each.label, each.title, each.definition, "\n".join(each.examples))
            for each in codebook.positions
        ),
        *(("", "", text, "") for text in (codebook.question, *codebook.rules) if text),
    ]


WRITERS: dict[str, Callable[[list[Task], Codebook | None], bytes]] = {
    "label_studio": _for_label_studio,
    "prodigy": _for_prodigy,
    "doccano": _for_doccano,
    "csv": _for_csv,
    "excel": _for_excel,
}


def label_studio_config(codebook: Codebook) -> str:
    r"""Return a labelling configuration for Label Studio, made from a codebook.

    Examples
    --------
    >>> from stancekit.labels import Position
    >>> codebook = Codebook((Position("pro", title="Für > Gegen"), Position("contra")))
    >>> print(*label_studio_config(codebook).splitlines()[5:9], sep="\n")
      <Header value="Comment" size="5" />
      <Text name="text" value="$text" />
      <Choices name="stance" toName="text" choice="single" required="true">
        <Choice value="Für &gt; Gegen" alias="pro" />
    """
    view = Element("View")
    if codebook.question:
        SubElement(view, "Header", value=_xml_text(codebook.question))
    for name, title in SHOWN.items():
        SubElement(view, "Header", value=title, size="5")
        SubElement(view, "Text", name=name, value=f"${name}")
    single = {"name": col.STANCE, "toName": col.TEXT, "choice": "single"}
    choices = SubElement(view, "Choices", {**single, "required": "true"})
    for each in codebook.positions:
        title = codebook.title(each.label)
        alias = each.label if each.label != title else ""
        more = {"value": title, "alias": alias, "hint": each.definition}
        given = {name: _xml_text(text) for name, text in more.items() if text}
        SubElement(choices, "Choice", given)
    # It is pasted into a form, and people read it there.
    indent(view)
    return tostring(view, encoding="unicode")


def _xml_text(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
