"""What cannot be seen, and how it is shown: text from anywhere made fit for a terminal, a log, a window, a file.

Control characters, bidi and other format characters, line and paragraph separators, surrogates, private use, and
whatever Unicode lets a font leave out (`Default_Ignorable_Code_Point`). The one rule for gate and app. Pure.
"""

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # Cc
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # Cf
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # Cf
    "\u2028\u2029"  # Zl, Zp
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"  # Cs, Co
    # Default_Ignorable_Code_Point, as far as it is none of the above
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff"
    "]"
)


def escape(text: str) -> str:
    """`text` with what cannot be seen as `\\x1b`, `\\u202e` or `\\U000e0041`."""
    return _UNSAFE.sub(_escaped, text)


def escape_json(text: str) -> str:
    """The same for the text of a JSON document, which stays the same document."""
    return _UNSAFE.sub(_escaped_in_json, text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _escaped_in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
