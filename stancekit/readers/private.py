"""Keep e-mail and IP addresses that exports hold out of the comment table."""

from __future__ import annotations

import json
import re
from typing import Any

# Within a name, in any way to part words: "author_IP", "ipAddress", "E-Mail".
PRIVATE = re.compile(
    r"(?i:e[-_ ]?mail|(?:ip|mail)[-_ ]?add?r|(?<![^\W_])(?:ip|mail)(?![^\W_]))"
    r"|(?<=[a-z])I[Pp](?![a-z])"
)


def is_private(name: str) -> bool:
    """Tell whether a column or key of this name holds e-mail or IP addresses."""
    return PRIVATE.search(name) is not None


def public_json(value: Any) -> str:
    """Return a nested value as JSON text, without what is private in it."""
    text = json.dumps(value, ensure_ascii=False)
    if not PRIVATE.search(text):
        return text
    public = json.loads(text, object_pairs_hook=_public)
    return json.dumps(public, ensure_ascii=False)


def _public(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if not is_private(name)}
