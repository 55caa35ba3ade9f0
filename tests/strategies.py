"""Hypothesis strategies: forests of comments, as tables and as pasted pages."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

# Ids that readers are tempted to change.
TRICKY_IDS = ["007", "1e5", "9007199254740993", "NA", "None", "0", "root", "nan", "-1"]
TRICKY_TEXTS = ["NA", "None", "null", "nan", "", "=1+1", "007", "a\u2028b", 'sagt "ja"']

WORDS = (
    "Frieden Waffen reden liefern Kiew Moskau immer nie wieder jetzt bald warum "
    "niemand alle Ende Anfang Panzer Tisch Haushalt Mut Angst Winter"
).split()
NAMES = ["Ulf aus E.", "M. Brandt-Kern", "Zaungast 2", "88181 (Profil gelöscht)", "Ö"]

# Control characters make a file binary, lone surrogates cannot be written.
characters = st.characters(exclude_categories=("Cc", "Cs"))
free_texts = st.sampled_from(TRICKY_TEXTS) | st.text(characters | st.just("\n"))
free_ids = st.sampled_from(TRICKY_IDS) | st.text(characters, min_size=1).filter(
    lambda text: text.strip()
)


@st.composite
def parents(draw, max_size=12):
    """Draw for each comment the position of an earlier one that it answers, or None."""
    size = draw(st.integers(1, max_size))
    return [
        draw(st.none() | st.integers(0, place - 1)) if place else None
        for place in range(size)
    ]


@st.composite
def forests(draw, ids=free_ids, texts=free_texts, max_size=12):
    """Draw a comment table whose replies may stand before what they answer."""
    answered = draw(parents(max_size))
    n = len(answered)
    names = draw(st.lists(ids, min_size=n, max_size=n, unique=True))
    table = pd.DataFrame(
        {
            "comment_id": names,
            "parent_id": [None if p is None else names[p] for p in answered],
            "text": draw(st.lists(texts, min_size=n, max_size=n)),
        },
        dtype="str",
    )
    order = draw(st.permutations(range(n)))
    return table.iloc[list(order)].reset_index(drop=True)


sentences = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(
    lambda words: " ".join(words) + "."
)
further = sentences | sentences.map("- {}".format)
page_texts = st.tuples(sentences, st.lists(further, max_size=3)).map(
    lambda parts: "\n\n".join([parts[0], *parts[1]])
)


@st.composite
def page_trees(draw):
    """Draw what a pasted page can hold: in page order text, parent's place, author.

    An author is known only where a reply names it.
    """
    answered = draw(parents())
    order = _page_order(answered)
    place = {comment: i for i, comment in enumerate(order)}
    above = [None if answered[c] is None else place[answered[c]] for c in order]
    authors = [
        draw(st.sampled_from(NAMES)) if i in above else None for i in range(len(order))
    ]
    texts = [draw(page_texts) for _ in order]
    return list(zip(texts, above, authors, strict=True))


def _page_order(answered):
    """Return the comments in the order in which a page shows them."""
    order, waiting = [], [c for c, p in enumerate(answered) if p is None][::-1]
    while waiting:
        comment = waiting.pop()
        order.append(comment)
        waiting += [c for c, p in enumerate(answered) if p == comment][::-1]
    return order


def page_text(tree, *, bullets="•", step=2, blank_lines=1, heading="{} Kommentare"):
    """Write a tree as a pasted page."""
    gap = "\n" * (blank_lines + 1)
    entries, depth = [], []
    for text, above, _ in tree:
        depth.append(0 if above is None else depth[above] + 1)
        indent = " " * (2 + depth[-1] * step)
        naming = [] if above is None else [f"@{tree[above][2]}:"]
        paragraphs = [*naming, *text.split("\n\n")]
        body = gap.join(f"{indent}{' ' * step}{line}" for line in paragraphs[1:])
        bullet = bullets[depth[-1] % len(bullets)]
        entries.append(f"{indent}{bullet} {paragraphs[0]}{gap}{body}".rstrip())
    article = (
        "Streit um Geld\n\nDer Bundestag stritt am Mittwoch über neue Lieferungen."
    )
    return (
        f"{article}\n\n{heading.format(len(tree))}\n\n / \n" + gap.join(entries) + "\n"
    )
