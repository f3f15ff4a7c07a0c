"""Text from anywhere made fit for a terminal, a log, a line of JSON. Pure."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def escape(text: str) -> str:
    """`text` with control, bidi and invisible characters as `\\x1b` or `\\u202e`."""
    return _UNSAFE.sub(_escaped, text)


def escape_json(text: str) -> str:
    """The same for the text of a JSON document, which stays the same document."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
