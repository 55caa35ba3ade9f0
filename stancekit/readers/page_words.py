"""The words and signs by which the parts of a pasted news page are told apart."""

from __future__ import annotations

import re

# What a heading over comments calls them. Those of the second list mean something
# else unless it is said what they answer.
COMMENT_WORDS = (
    r"(?:leser|user|nutzer)?[- ]?kommentare?|lesermeinung(?:en)?|leserbriefe?"
    r"|forenbeitr(?:ag|äge)|beitr(?:ag|äge)|(?:reader |user )?comments?"
    r"|commentaires?|comentarios?|comment[io]|reacties?|komentarze|kommentarer"
)
ANSWER_WORDS = r"antwort(?:en)?|responses?|replies|thoughts?|gedanken"
NUMBER = r"(?P<count>\d[\d.,' ]*|kein|keine|no|ein|eine|one)"
HEADINGS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?:alle |all |noch |bisher )?{NUMBER} (?:{COMMENT_WORDS})(?: (?:zu|on|to|in|"
        r"für|bisher|vorhanden|yet|so far|insgesamt)\b.*)?",
        rf"(?:{COMMENT_WORDS}) ?[:(\[–-]? ?(?P<count>\d[\d.,']*) ?[)\]]?",
        rf"{NUMBER} (?:{ANSWER_WORDS}) (?:zu|auf|on|to)\b.*",
    )
)
BARE_HEADING = re.compile(
    r"(?:leser|user|nutzer)?kommentare|lesermeinungen|(?:reader |user )?comments"
    r"|commentaires|comentarios|commenti",
    re.I,
)
COUNT_WORDS = {"kein": 0, "keine": 0, "no": 0, "ein": 1, "eine": 1, "one": 1}
LOOKED_FOR = (
    "no line that heads comments, such as '12 Kommentare', 'Kommentare (12)', "
    "'Leserkommentare' or '12 Comments'"
)

# Lines that stand above the headline and are not the page's own text.
RESIDUE = re.compile(
    r"piwik no script img"
    r"|(?:direkt )?zu[mr]? (?:haupt)?(?:inhalt|navigation|menü|suche|footer)"
    r"(?: (?:springen|wechseln))?|skip to .*|menü|menu|navigation|suchen?|search|home"
    r"|startseite|anmelden|login|log in|registrieren|abo|abonnieren|newsletter|e-?paper"
    r"|werbung|anzeige|advertisement|drucken|teilen|share|merken|feedback|schließen"
    r"|close|logo|.*\bcookies?\b.*|.*\bjavascript\b.*|\[[^\]]*\]|[\W\d_]*",
    re.I,
)

# Lines that are buttons, not text.
BUTTON = re.compile(
    r"antworten?|auf diesen kommentar antworten|zum antworten anmelden"
    r"|(?:kommentar )?melden|zitieren|bearbeiten|löschen|teilen|empfehlen|gefällt mir"
    r"|permalink|link"
    r"|(?:\d+ )?leseempfehlung(?:en)?|(?:\d+ |weitere |alle )?antworten"
    r"(?: (?:an)?zeigen| ausblenden| laden)?|mehr (?:anzeigen|lesen|laden)|weiterlesen"
    r"|(?:log in to )?reply|reply to .{1,60}|report|flag|share|like|quote|edit|delete"
    r"|(?:show|hide|view|load) (?:\d+ |more |all )?(?:repl(?:y|ies)|comments)|read more"
    r"|\d+ (?:repl(?:y|ies)|likes?)|[/|›»+-]+|(?:neueste|älteste)(?: zuerst)?"
    r"|(?:newest|oldest|best|top)(?: first)?|sortier.*|sort by.*",
    re.I,
)

# Lines after which no comment follows.
END = re.compile(
    r"impressum|datenschutz(?:erklärung)?|agb|kontakt|nutzungsbedingungen|netiquette"
    r"|(?:einen |ihren |deinen )?kommentar (?:verfassen|schreiben|hinterlassen|abgeben)"
    r"|(?:mit)?kommentieren|schreiben sie einen kommentar|schreibe einen kommentar"
    r"|leave a (?:reply|comment)|(?:post|add) a comment|about us|privacy(?: policy)?"
    r"|imprint|mehr zum thema|meistgelesen|meistkommentiert|das könnte sie .*"
    r"|lesen sie auch:?|related (?:posts|articles)|nach oben|back to top",
    re.I,
)

# Signs that open an entry; a dash rarely does.
BULLETS = "•◦▪▫■□○●☆★‣⁃∙·►▸▹▶➤◆◇❖"
LETTER_BULLETS = "*+o#@"
DASHES = "–—-"
BULLET = re.compile(
    rf"(?P<indent> *)(?:(?P<sign>[{BULLETS}{LETTER_BULLETS}{DASHES}])(?= |$)"
    r"|(?P<number>\d{1,4}[.)])(?= |$)) *(?P<text>.*)"
)
# Pictures of authors, as renderers show them.
AVATAR = re.compile(r"\[[^\[\]]*\](?!\()|!\[[^\[\]]*\]\([^()\s]*\)")
# What blogs put behind the author.
SAYS = re.compile(r"(?<=\S) (?:sagt|sagte|schreibt|schrieb|meint|says|said|wrote) ?:$")

MONTH_NAMES = r"jan|feb|mär|mrz|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec"
UNITS = (
    r"sekunden?|minuten?|min\.?|stunden?|std\.?|tag(?:en)?|wochen?|monat(?:en)?"
    r"|jahr(?:en)?"
)
DATE = re.compile(
    r"(?:#[\d.]+ ?[—–-] ?)?(?:(?:am |on )?(?:[a-z]{2,10}[.,]{1,2} ?)?(?:"
    rf"\d{{1,2}}\\?\. ?(?:\d{{1,2}}\\?\.|(?:{MONTH_NAMES})[a-zä]*\.?) ?\d{{2,4}}"
    rf"|(?:{MONTH_NAMES})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{1,2}} (?:{MONTH_NAMES})[a-z]* \d{{4}}"
    r"|\d{4}-\d\d-\d\d)"
    r"(?:[T ,·|–-]|um|at|uhr|[ap]m|\d{1,2}:\d\d(?::\d\d)?|[+-]\d\d:?\d\d|Z)*"
    rf"|vor (?:\d+|einem|einer|einigen|wenigen) (?:{UNITS})"
    r"|(?:\d+|an?) (?:second|minute|hour|day|week|month|year)s? ago"
    r"|(?:heute|gestern|today|yesterday)(?:,? (?:um |at )?\d{1,2}:\d\d(?: uhr)?)?"
    r")(?: ?\((?:bearbeitet|edited)\))?",
    re.I,
)
