"""Domain names as they are compared: lower case, U-labels, no trailing dot.

A-label and U-label are one name here (RFC 5890), in both directions and for labels too that IDNA 2008 would not
register (such as a heart), because senders use them. It never resolves a name and never judges one.
"""

import re
import unicodedata
from functools import lru_cache

import idna

from gate.errors import Fault

DOMAIN_LIMIT = 253
LABEL_LIMIT = 63
LITERAL = re.compile(r"\[[\x21-\x5a\x5e-\x7e]{1,253}\]")
_PLAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LABEL = re.compile(r"[a-z0-9_\-\x80-\U0010ffff]+")
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # direction, line ends
    "\u00ad\u034f\u115f\u1160\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"  # no width
    "\U000e0000-\U000e0fff"  # tags
    "\ud800-\udfff]"  # undecodable bytes
)


class AddressError(Fault):
    """A text that is no mail address, and why."""

    texts = {
        "address.too_long": "the address is longer than {limit} characters",
        "address.no_domain": "{text} is no address: it has no @domain",
        "address.no_local": "{text} is no address: nothing stands before the @",
        "address.hidden": "the address holds a control or invisible character ({char})",
        "address.quote": "{text} is no address: a quotation mark is not closed",
        "address.comment": "{text} is no address: a bracket is not closed",
        "address.space": "{text} is no address: it holds a space outside quotation marks",
        "address.character": "{text} is no address: {char} may not stand there unquoted",
        "address.domain": "{domain} is no domain name",
        "address.domain_empty": "a domain name is missing after the @",
    }


def hidden_character(text: str) -> str | None:
    """The first character that must not be in what an owner reads: control, bidi, invisible; as `U+202E`."""
    found = _HIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def fold(text: str) -> str:
    """Lower-cased so that case never matters: character by character (no final sigma), composed (NFC)."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", "".join(map(_fold_character, text)))


def _fold_character(char: str) -> str:
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded
    return char


def other_foldings(text: str) -> tuple[str, ...]:
    """What else a server may take `text` (folded by `fold`) for: with ligatures and sharp s opened, as Postfix looks
    up names, and with compatibility characters replaced (NFKC). Nothing for ASCII."""
    if text.isascii():
        return ()
    opened = unicodedata.normalize("NFC", text.casefold())
    compatible = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return tuple(each for each in dict.fromkeys((opened, text.casefold(), compatible)) if each != text)


@lru_cache(maxsize=4096)
def canonical_domain(text: str) -> str:
    """The one spelling of a domain name or address literal, raises `AddressError` (`address.domain`).

    >>> canonical_domain("XN--BCHER-KVA.Example.")
    'bücher.example'
    """
    if LITERAL.fullmatch(text):
        return text.lower()
    if not text:
        raise AddressError("address.domain_empty")
    if not text.isascii():
        try:
            text = idna.uts46_remap(text, std3_rules=False)
        except (idna.IDNAError, UnicodeError) as error:
            raise AddressError("address.domain", domain=text) from error
    text = text.lower().removesuffix(".")
    if _PLAIN.fullmatch(text) and "xn--" not in text:
        labels = text.split(".")
    else:
        labels = [_u_label(label) for label in text.split(".")]
        text = ".".join(labels)
    lengths = [len(_a_label(label)) for label in labels]
    if min(lengths) < 1 or max(lengths) > LABEL_LIMIT or sum(lengths) + len(lengths) - 1 > DOMAIN_LIMIT:
        raise AddressError("address.domain", domain=text)
    return text


def is_own_name(domain: str) -> bool:
    """Whether a canonical domain is one that an owner can have: no label begins or ends with a hyphen (RFC 1123, 2.1).
    Senders on the wire may claim any.
    """
    return not any(label.startswith("-") or label.endswith("-") for label in domain.split("."))


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """A canonical domain with its A-labels; what cannot be one is left as it is."""
    return domain if domain.isascii() else ".".join(map(_a_label, domain.split(".")))


def _a_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode", "replace").decode("ascii")


def _u_label(label: str) -> str:
    if not _LABEL.fullmatch(label):
        raise AddressError("address.domain", domain=label)
    if not label.startswith("xn--"):
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        # Only a true pair: what the U-label would be turned into must be this A-label again.
        same = not decoded.isascii() and idna.uts46_remap(decoded, std3_rules=False) == decoded
    except (idna.IDNAError, UnicodeError):
        return label
    return decoded if same and _LABEL.fullmatch(decoded) and _a_label(decoded) == label else label
