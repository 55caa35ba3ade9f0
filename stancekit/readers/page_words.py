"""The words and signs by which the parts of a pasted news page are told apart.

Languages follow each other: German, English, French, Spanish and Portuguese, Italian,
Dutch, Polish and Czech, those of the North.
"""

from __future__ import annotations

import re
from functools import partial

any_case = partial(re.compile, flags=re.IGNORECASE)

# What a heading over comments calls them. Those of the second list mean something
# else unless it is said what they answer.
COMMENT_WORDS = (
    r"(?:leser|user|nutzer)?[- ]?kommentare?|lesermeinung(?:en)?|leserbriefe?|postings?"
    r"|forenbeitr(?:ag|äge)|beitr(?:ag|äge)|(?:reader |user )?comments?"
    r"|commentaires?|contributions?|comentários?|comentarios?|comment[io]|reacties?"
    r"|komentarz[ey]?|komentář[eů]?|kommentar(?:er)?"
)
ANSWER_WORDS = r"antwort(?:en)?|responses?|replies|thoughts?|gedanken|réponses?"
# No page has more comments than twenty signs say.
NUMBER = r"(?P<count>\d[\d.,' ]{0,19}|kein|keine|no|ein|eine|one)"
HEADINGS = tuple(
    any_case(pattern)
    for pattern in (
        rf"(?:alle |all |noch |bisher |forum: )?{NUMBER} (?:{COMMENT_WORDS})"
        r"(?: (?:zu|on|to|in|für|bisher|vorhanden|yet|so far|insgesamt|gehen)\b.*"
        r"| [•·|].*)?",
        rf"(?:alle |all )?(?:{COMMENT_WORDS}) ?[:(\[–-]? ?"
        r"(?P<count>\d[\d.,']{0,19}) ?[)\]]?",
        rf"{NUMBER} (?:{ANSWER_WORDS}) (?:zu|auf|on|to|à)\b.*",
    )
)
BARE_HEADING = any_case(
    r"(?:leser|user|nutzer)?kommentare|lesermeinungen|leserbriefe"
    r"|(?:reader |user )?comments|commentaires|comentarios|comentários|commenti"
    r"|reacties|komentarze|kommentarer"
)
COUNT_WORDS = {"kein": 0, "keine": 0, "no": 0, "ein": 1, "eine": 1, "one": 1}

# Lines that stand above the headline and are not the page's own text.
RESIDUE = any_case(
    r"piwik no script img"
    r"|(?:direkt )?zu[mr]? (?:haupt)?(?:inhalt|navigation|menü|suche|footer)"
    r"(?: (?:springen|wechseln))?|skip to .*|menü|menu|navigation|suchen?|search|home"
    r"|startseite|anmelden|login|log in|registrieren|abo|abonnieren|newsletter|e-?paper"
    r"|werbung|anzeige|advertisement|drucken|teilen|share|merken|feedback|schließen"
    r"|close|logo|.*\bcookies?\b.*|.*\bjavascript\b.*|\[[^\]]*\]|[\W\d_]*"
    r"|.* \| .* \| .*"
)
# Words in the names of newspapers.
PAPER = any_case(
    r"(?:zeitung|blatt|nachrichten|anzeiger|bote|kurier|rundschau|krant|\b(?:post|news"
    r"|times|herald|daily|gazette|tribune|journal|giornale|gazzetta|corriere|diari?o"
    r"|diário|jornal|periódico|courant|gazeta|dziennik|noviny|deník|tidning|avis))\b"
)
# Networks show one below each name.
HANDLE = re.compile(r"@[\w.-]{2,60}(?:@[\w.-]{3,60})?")

# Buttons to answer: they stand below comments, and rarely below anything else.
REPLY = (
    r"antworten?|auf diesen kommentar antworten|zum antworten anmelden|beantworten"
    r"|(?:mit )?zitat(?: antworten)?|zitieren|quote|citer|citar"
    r"|(?:log in to )?reply|respond|répondre|responder|rispondi|reageer|antwoord"
    r"|odpowiedz|odpovědět|svara?|besvar|vastaa"
)
# A number of replies, shown or to be shown, and what each language calls them.
REPLIES = (
    r"(?:(?:weitere|alle|mehr|show|hide|view|load|more|all|voir|ver|mostra|toon) )*+"
    r"(?:(?P<replies>\d{1,4}) )?(?:weitere |more )?(?:antwort(?:en)?|repl(?:y|ies)"
    r"|réponses?|respuestas?|respostas?|rispost[ae]|reacties|odpowiedzi|svar)"
)
HIDES = r"ausblenden|verbergen|hide|masquer|ocultar|nascondi|verberg|ukryj|dölj|skjul"
OTHER_BUTTONS = (
    r"(?:kommentar )?melden|bearbeiten|löschen|teilen|empfehlen|gefällt mir"
    r"(?: nicht)?|leseempfehlung|permalink|link|folgen|mehr (?:anzeigen|lesen|laden)"
    r"|weiterlesen|upvote|downvote|award|report|flag|share|like|edit|delete"
    r"|recommend|follow|read more|(?:show|hide|view|load) (?:more |all )?comments"
    r"|parent|context|next|prev|signaler|alerter|partager|j’aime|j'aime|denunciar"
    r"|compartir|reportar|me gusta|compartilhar|segnala|condividi|mi piace|rapporteer"
    r"|meld|delen|vind ik leuk|zgłoś|udostępnij|lubię to|nahlásit|anmäl|dela"
    r"|(?:neueste|älteste|relevanteste|beste)(?: zuerst)?|sortier.*|sort by.*"
    r"|(?:newest|oldest|best|top)(?: first)?|order by|trier par|ordenar por"
)
BUTTON = any_case(
    rf"(?:(?:(?:{HIDES}) )?{REPLIES}(?: (?:(?:an)?zeigen|laden|{HIDES}))?"
    rf"|(?:\d+ )?(?:leser?|lese|redaktions)empfehlung(?:en)?|(?:\d+ )?likes?"
    rf"|(?:reply to|liked by) .{{1,60}}|[/|›»•·+-]+"
    # Some stand in one line, with or without signs between them.
    rf"|(?:(?:{REPLY}|{OTHER_BUTTONS})(?: ?\(\d+\))?[ |·•/,›»–-]{{0,5}}){{1,4}})"
)
REPLY_BUTTON = any_case(rf"(?:\D*\W)?(?:{REPLY})(?:\W.*|[A-Z].*)?")
EXPANDED = any_case(rf".*\b(?:{HIDES})\b.*")
COUNT = any_case(r"[+-]?\d[\d.,]{0,6} ?(?:k|mio\.?|tsd\.?|\+)?")
# What stands beside authors and says what they are.
ROLE = any_case(
    r"gast|moderat(?:or|ion)|redaktion|autor(?:in)?|abonnent(?:in)?|op|guest"
    r"|(?:\w+ )?(?:mitglied|member)|subscriber|author|staff|verified|avatar|profilbild"
    r"|abonné|invité|top-fan"
)
# Says whom a reply answers, by number, by name, or by both.
ANSWERS = any_case(
    r"(?:als )?(?:antwort (?:auf|an)|(?:in reply|replying|in response) to|en réponse à"
    r"|en respuesta a|em resposta a|in risposta a|(?:als|in) antwoord op"
    r"|w odpowiedzi (?:na|do)|odpověď na|som svar (?:på|till)|svar (?:till|til|på)) "
    r"(?:#(?P<place>\d+(?:\.\d+)*)(?: (?:von|by|from|de|di|van) .+)?|@?(?P<name>.+))"
)

ADDRESSED = re.compile(r"@(?P<name>(?:(?!: ).){1,80}?) ?:(?: +(?P<rest>.*))?")
MARKDOWN_HEADING = re.compile(r"^#{1,6} +")

# Lines below which there is something else than comments.
ELSEWHERE = (
    r"impressum|datenschutz(?:erklärung)?|agb|kontakt|nutzungsbedingungen|netiquette"
    r"|about us|privacy(?: policy)?|imprint|mehr zum thema|meistgelesen"
    r"|meistkommentiert|das könnte sie .*|lesen sie auch:?|related (?:posts|articles)"
    r"|nach oben|back to top|mentions légales|aviso legal|note legali"
    r"|polityka prywatności|subscribe"
)
OTHER_PART = any_case(ELSEWHERE)
# Lines after which no comment follows; some stand above the comments as well.
END = any_case(
    rf"{ELSEWHERE}"
    r"|(?:einen |ihren |deinen )?kommentar (?:verfassen|schreiben|hinterlassen|abgeben)"
    r"|(?:mit)?kommentieren|schreiben sie einen kommentar|schreibe einen kommentar"
    r"|leave a (?:reply|comment)|(?:post|add) a comment"
    r"|(?:weitere|mehr) (?:postings|kommentare) laden|load more comments"
    r"|(?:seite|page|página|pagina|strona|sid[ae]) \d+ (?:von|of|sur|de|di|van|z|av)"
    r" \d+"
)

# Signs that open an entry; a dash rarely does.
BULLETS = "•◦▪▫■□○●☆★‣⁃∙·►▸▹▶➤◆◇❖"
LETTER_BULLETS = "*+o#@"
DASHES = "–—-"
BULLET = re.compile(
    rf"(?P<indent> *)(?:(?P<sign>[{BULLETS}{LETTER_BULLETS}{DASHES}])(?= |$)"
    r"|(?P<number>\d{1,4}[.)])(?= |$)) *(?P<text>.*)"
)
# Pictures of authors, as renderers and readers for the blind show them.
AVATAR = any_case(
    r"\[[^\[\]]*\](?!\()|!\[[^\[\]]*\]\([^()\s]*\)"
    r"|(?:avatar|profilbild|profile picture) (?:von|of) .{1,60}"
)
# What stands in place of the author where a moderator took a comment out.
REMOVED = any_case(
    r"entfernt|gelöscht(?:er nutzer)?|removed|deleted|supprimé|eliminado|rimosso"
    r"|verwijderd|usunięt[oy]"
)
# What blogs put behind the author.
SAYS = re.compile(
    r"(?<=\S) (?:sagt|sagte|schreibt|schrieb|meint|says|said(?:\.\.\.)?|wrote|a écrit"
    r"|dice|dijo|disse|ha scritto|schreef|napisał\(?a?\)?|skrev) ?:?$"
)

LEADS_TO_NAME = any_case(
    r"^(?:(?:kommentar|beitrag|geschrieben|comment|posted|écrit|escrito|scritto) )?"
    r"(?:von|by|par|por|di|da|door|przez|av|af):? "
)

MONTHS = {
    name: number
    for number, names in enumerate(
        "jan|ene|gen|sty feb|fév|fev|lut mar|mär|mrz|maa|már apr|avr|abr|kwi|ápr "
        "mai|may|mag|mei|maj|máj jun|juin|giu|cze|jún jul|juil|lug|lip|júl "
        "aug|aoû|ago|sie sep|set|wrz|sze okt|oct|ott|out|paź nov|lis "
        "dez|dec|déc|dic|gru".split(),
        1,
    )
    for name in names.split("|")
}
MONTH_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
UNITS = (
    r"sekund\w*|sek\.?|minut\w*|min\.?|stunden?|std\.?|tag(?:en?)?|wochen?|monat\w*"
    r"|jahr(?:en?)?|sec(?:ond)?s?|hours?|hrs?|days?|weeks?|months?|years?|h|m|d|w"
    r"|secondes?|heures?|jours?|semaines?|mois|ans?|segundos?|horas?|d[ií]as?"
    r"|semanas?|mes(?:es)?|mês|años?|anos?|second[io]|or[ae]|giorn[io]|settiman[ae]"
    r"|mes[ei]|ann[io]|uur|uren|dag(?:en|ar|e)?|we?ken|maand\w*|jaar|godzin\w*|godz\.?"
    r"|dni|dzień|tydzień|tygodni\w*|miesi\w*|lata?|rok|hodin\w*|dn[yíů]|týdn\w*|let"
    r"|timm(?:e|ar)|time(?:r)?|veck(?:a|or)|uge(?:r)?|månad\w*|måned\w*|år"
)
ONE = r"einem|einer|einigen|wenigen|an?|one|une?|um|uma|un[ao]|een|ett?"
BEFORE = r"vor|il y a|hace|há|przed|för|for|před|siden"
AGO = r"ago|fa|geleden|temu|atrás|sedan|siden|sitten"
CLOCK = (
    r"(?:[ ,·|@–-]|T(?=\d)|(?:um|at|uhr|alle|ore|à|kl|om|las|[ap]m|a|GMT|CET|UTC|Z)\b"
    r"|[ap]\.m\.?|\d{1,2}[:.h]\d\d(?::\d\d)?|[+-]\d\d:?\d\d)*+"
)
TODAY = (
    r"heute|gestern|today|yesterday|aujourd['’]hui|hier|hoy|ayer|oggi|ieri|vandaag"
    r"|gisteren|dzisiaj|dziś|wczoraj|idag|igår|hoje|ontem"
)
WEEKDAY = (
    r"(?:mo|di|mi|do|fr|sa|so|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|lunes|martes|miércoles|jueves"
    r"|viernes|sábado|domingo|(?:lune|marte|mercole|giove|vener)dì|sabato|domenica)"
    r"(?:[.,]{1,2} ?| )"
)
DATE = any_case(
    r"(?:#[\d.]+ *[—–-] *)?(?:(?:(?:am|on|le|el|il|op|den|dnia|publié le) )?"
    rf"(?:{WEEKDAY})?(?:"
    rf"\d{{1,2}}(?:\\?\.|er|º)? ?(?:de )?(?:\d{{1,2}}\\?\.|(?:{MONTH_NAMES})"
    r"[^\W\d_]*\.?) ?(?:de )?\d{2,4}|\d{1,2}[/-]\d{1,2}[/-]\d{2,4}"
    rf"|(?:{MONTH_NAMES})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{4}}-\d\d-\d\d){CLOCK}"
    rf"|(?:{BEFORE}) (?:\d+|{ONE}) (?:{UNITS})(?: (?:{AGO}))?"
    rf"|(?:\d+|{ONE}) (?:{UNITS}) (?:{AGO})"
    rf"|\d{{1,3}} ?(?:{UNITS})|(?:{TODAY})(?:,? {CLOCK})?"
    r")(?: ?\([^()]{2,20}\))?"
)
# Most lines are no times: a quick look at them is enough.
TELLS_TIME = any_case(
    rf"\d[.:/-] ?\d|\b(?:19|20)\d\d\b|\d ?(?:{UNITS})\b|\b(?:{TODAY})\b"
    rf"|\b(?:{BEFORE}) (?:{ONE}) |\b(?:{ONE}) (?:{UNITS}) (?:{AGO})"
)
