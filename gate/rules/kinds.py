"""The six kinds of pattern, and what is said where a text is none. See `gate.rules.pattern`."""

from enum import StrEnum

import msgspec

from gate.errors import Fault
from gate.rules import address


class PatternError(Fault):
    """A text that is no pattern, or one that would do harm, and why."""

    texts = {
        "pattern.empty": "a pattern is missing",
        "pattern.too_long": "the pattern is longer than {limit} characters",
        "pattern.hidden": "the pattern holds a control or invisible character ({char})",
        "pattern.unreadable": "{text} is no pattern: {why}",
        "pattern.null": "<> is no pattern: bounces are refused with the account's setting refuse-bounces",
        "pattern.word": "{text} is no pattern: to deny a word write keyword:{text}",
        "pattern.keyword_empty": "keyword: needs a word after it",
        "pattern.domain_empty": "a domain name is missing after the @",
        "pattern.domain": "{text} is no pattern: {domain} is no domain name",
        "pattern.number": "{text} is no pattern: a network address as a domain is written @[{text}]",
        "pattern.leading_dot": "{text} is no pattern: a domain and all under it is written @{text}",
        "pattern.subdomains_literal": "{text} is no pattern: nothing lies under an address literal",
        "pattern.suffix": "{text} would match everyone who has a domain under the public suffix {suffix}",
        "pattern.glob_local": "{text} matches nothing, for a glob is about the whole address: write *{text}",
        "pattern.glob_stars": "a glob may hold at most {limit} stars",
        "pattern.regex_open": "{text} is no pattern: a regex begins and ends with /",
        "pattern.regex_empty": "// is no pattern: the regex is empty",
        "pattern.regex": "{text} is no RE2 regex: {why}",
        "pattern.look_around": "{text} is no RE2 regex: RE2 knows no look-around ({what})",
        "pattern.back_reference": "{text} is no RE2 regex: RE2 knows no back-references ({what})",
        "pattern.regex_large": "{text} is too large a regex: its repeats unfold to {size} steps, {limit} are allowed",
        "pattern.everything": "{text} would match every sender",
    }


class Kind(StrEnum):
    """The values of `gate.forms.KindName`, in the order in which they are told of."""

    ADDRESS = "address"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"
    KEYWORD = "keyword"
    GLOB = "glob"
    REGEX = "regex"


class Pattern(msgspec.Struct, frozen=True, gc=False):
    """A pattern.

    Attributes:
        kind: which of the six.
        text: the canonical text form, as stored and shown; `parse(text)` gives the same pattern again.
    """

    kind: Kind
    text: str

    @property
    def value(self) -> str:
        """What is looked up or sought: the address key, the bare domain, the word, the glob, the regex."""
        if self.kind is Kind.ADDRESS:
            if '"' not in self.text:
                return self.text
            return address.parse(self.text).key
        start, end = _FRAME[self.kind]
        return self.text[start:end]


_FRAME: dict[Kind, tuple[int, int | None]] = {
    Kind.DOMAIN: (1, None),
    Kind.SUBDOMAINS: (2, None),
    Kind.KEYWORD: (len("keyword:"), None),
    Kind.GLOB: (0, None),
    Kind.REGEX: (1, -1),
}
