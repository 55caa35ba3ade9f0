"""Write an explanation as HTML that needs nothing else."""

from __future__ import annotations

from html import escape

from stancekit.explanation.marking import FOR, Piece, Sheet, Sum

# The letters keep the reader's own colour, so that they can be read in dark mode too.
STYLE = """
.stancekit-why{line-height:1.6;max-width:50em}
.stancekit-why p{margin:.2em 0;white-space:pre-wrap;overflow-wrap:anywhere}
.stancekit-why .t{margin:0 0 .6em 1em}
.stancekit-why mark{color:inherit;font-weight:bold;background:#0072b240;
border-bottom:2px solid #0072b2}
.stancekit-why mark.b{font-weight:normal;background:#d55e0040;
border-bottom:2px dashed #d55e00}
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body{{font-family:sans-serif;margin:1em auto;max-width:50em;padding:0 1em}}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def as_html(sheet: Sheet) -> str:
    """Return the sheet as one element, for notebooks."""
    sums = "".join(map(_sum, sheet.sums))
    notes = "".join(f'<p dir="auto">{escape(note)}</p>' for note in sheet.notes)
    total = sum(each.weight for each in sheet.sums)
    return (
        f'<div class="stancekit-why"><style>{STYLE}</style>'
        f'<p dir="auto"><b>{escape(sheet.title)}</b></p>'
        f"<p><mark>for {escape(sheet.label)}</mark> "
        f'<mark class="b">for {escape(sheet.other)}</mark></p>'
        f"{sums}<p><b>{total:+.2f}</b> in all</p>{notes}</div>"
    )


def as_page(sheet: Sheet) -> str:
    """Return the sheet as a page of its own."""
    return PAGE.format(title=escape(sheet.title), body=as_html(sheet))


def _sum(each: Sum) -> str:
    text = "".join(map(_piece, each.pieces))
    shown = f'<p class="t" dir="auto">{text}</p>' if text else ""
    return f"<p><b>{each.weight:+.2f}</b> {escape(each.title)}</p>{shown}"


def _piece(piece: Piece) -> str:
    text = escape(piece.text, quote=False)
    if not piece.sign:
        return text
    kind = "" if piece.sign == FOR else ' class="b"'
    return f'<mark{kind} title="{piece.weight:+.2f}">{text}</mark>'
