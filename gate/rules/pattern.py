"""What an owner may write on a list: six kinds of pattern, one text form each, and why a text is refused.

`parse` is for what an owner types; `read` is for what is already stored: the grammar alone, so that no list becomes
unreadable because a rule of taste or the list of public suffixes changed. It matches nothing but its own probes.

To add a kind: 1. its name in `gate.forms.KindName` and `gate.rules.kinds`; 2. how its text is told apart and read, in
`read`; 3. its expression in `gate.rules.expression`, or a look-up in `gate.rules.matcher`; 4. a line in
docs/patterns.md.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gate.rules import address, suffixes
from gate.rules.address import Address, AddressError
from gate.rules.domain import LITERAL, canonical_domain, fold, hidden_character
from gate.rules.expression import read_regex, searcher
from gate.rules.kinds import Kind, Pattern, PatternError

__all__ = ["Caution", "Kind", "Pattern", "PatternError", "cautions", "of_address", "parse", "read"]

TEXT_LIMIT = 512
"""Characters of a pattern."""
STAR_LIMIT = 16
"""`*` in one glob."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_WILD = re.compile(r"[*?]")

PROBES = tuple(
    address.parse(text)
    for text in (
        "anna.meier@mail.example.de",
        "0815@7.news4you.example.com",
        "xu_qing@sohu.cn",
        "bounce-99-k=w.example@l.shop.example.co.uk",
        "o'brien+tag@university.example.edu",
        "渡辺@日本.jp",
        "zz@q.io",
        "no-reply@verify.bank.example.fr",
        "j.p.v@husky.example.org",
    )
)
"""Addresses as unlike as can be. A pattern that matches all of them matches everybody."""


def parse(text: str) -> Pattern:
    """What an owner typed, as a pattern. Raises `PatternError` with the reason."""
    pattern = read(text)
    if pattern.kind is Kind.SUBDOMAINS:
        suffix = suffixes.icann_suffix(pattern.value)
        if suffix is not None:
            raise PatternError("pattern.suffix", text=pattern.text, suffix=suffix)
    seeks = searcher(pattern)
    if seeks is not None and all(map(seeks, PROBES)):
        raise PatternError("pattern.everything", text=pattern.text)
    return pattern


def of_address(sender: Address | str) -> Pattern:
    """The pattern of exactly that address: for one click on a row, where `*` and `?` in it mean themselves.

    Raises `PatternError` for what is no address, such as a mangled sender that was judged as text.
    """
    written = sender if isinstance(sender, str) else sender.text
    try:
        named = address.parse(written)
    except AddressError as error:
        why = str(error).removeprefix(f"{written} is no address: ")
        raise PatternError("pattern.unreadable", text=written, why=why) from error
    if named == address.NULL:
        raise PatternError("pattern.null")
    if not named.domain:
        raise PatternError("pattern.word", text=named.text)
    text = named.text
    if _WILD.search(named.local) and not text.startswith('"'):
        text = f'"{named.local}"@{named.domain}'
    return Pattern(Kind.ADDRESS, text)


def read(text: str) -> Pattern:
    """A text as a pattern by the grammar alone: nothing is refused for what it would match."""
    text = text.strip()
    _check_characters(text)
    if text.startswith("/") and (text.endswith("/") or "@" not in text):
        return read_regex(text)
    if text[:8].lower() == "keyword:":
        return _keyword(text)
    if text.startswith("@."):
        return _subdomains(text)
    if _WILD.search(_QUOTED.sub("", text)):
        return _glob(text)
    if text.startswith("@") and "@" not in text[1:]:
        return _domain(text)
    if "@" in text or text[:1] in '"<(':
        return of_address(text)
    return _bare(text)


def _check_characters(text: str) -> None:
    if not text:
        raise PatternError("pattern.empty")
    if len(text) > TEXT_LIMIT:
        raise PatternError("pattern.too_long", limit=TEXT_LIMIT)
    char = hidden_character(text)
    if char is not None:
        raise PatternError("pattern.hidden", char=char)


def _domain(text: str) -> Pattern:
    name = text.removeprefix("@")
    try:
        name = canonical_domain(name)
    except AddressError as error:
        code = "pattern.domain" if name else "pattern.domain_empty"
        raise PatternError(code, text=text, domain=name) from error
    if name.rpartition(".")[2].isdecimal():
        raise PatternError("pattern.number", text=name)
    return Pattern(Kind.DOMAIN, f"@{name}")


def _subdomains(text: str) -> Pattern:
    name = text.removeprefix("@.")
    if LITERAL.fullmatch(name):
        raise PatternError("pattern.subdomains_literal", text=text)
    return Pattern(Kind.SUBDOMAINS, f"@.{_domain(name).text[1:]}")


def _bare(text: str) -> Pattern:
    if text.startswith("."):
        raise PatternError("pattern.leading_dot", text=text)
    pattern = _domain(text) if LITERAL.fullmatch(text) else None
    if pattern is None:
        try:
            name = canonical_domain(text)
        except AddressError:
            name = ""
        if "." not in name and name != "localhost":
            code = "pattern.domain" if "." in text else "pattern.word"
            raise PatternError(code, text=text, domain=text)
        pattern = _domain(name)
    return pattern


def _keyword(text: str) -> Pattern:
    word = fold(text[8:].strip())
    if not word:
        raise PatternError("pattern.keyword_empty")
    return Pattern(Kind.KEYWORD, f"keyword:{word}")


def _glob(text: str) -> Pattern:
    if text.startswith("@"):
        raise PatternError("pattern.glob_local", text=text)
    if any(char.isspace() for char in text):
        raise PatternError("pattern.unreadable", text=text, why="it holds a space")
    text = re.sub(r"\*{2,}", "*", fold(text))
    if text.count("*") > STAR_LIMIT:
        raise PatternError("pattern.glob_stars", limit=STAR_LIMIT)
    return Pattern(Kind.GLOB, text)


# ---------------------------------------------------------------- cautions


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to think about before such an entry is kept; no error. As `gate.forms.Warning`."""

    code: str
    params: dict[str, str]

    @property
    def text(self) -> str:
        return CAUTIONS[self.code].format_map(self.params)


CAUTIONS = {
    "pattern.own_domain": "{pattern} matches senders of your own domain {domain}",
    "pattern.own_account": "{pattern} matches your own account {account}",
    "pattern.private_suffix": "under {domain} many strangers have addresses of their own: {pattern} matches them all",
}


def cautions(pattern: Pattern, *, own_domains: Iterable[str], accounts: Iterable[str]) -> list[Caution]:
    """What an owner should know about a pattern he wrote: one of a sort at most, in the order of `CAUTIONS`.

    Own senders are only a warning: forged own addresses are common spam.
    """
    told: list[Caution] = []
    covers = _coverage(pattern)
    own = [address.from_wire(f"{_PROBE_LOCAL}@{domain}") for domain in sorted(own_domains)]
    named = [address.from_wire(account) for account in sorted(accounts)]
    covered = next((probe.domain for probe in own if covers(probe)), None)
    if covered is not None:
        told.append(Caution("pattern.own_domain", {"pattern": pattern.text, "domain": covered}))
    else:
        account = next((each.text for each in named if covers(each)), None)
        if account is not None:
            told.append(Caution("pattern.own_account", {"pattern": pattern.text, "account": account}))
    if pattern.kind is Kind.SUBDOMAINS and suffixes.private_suffix(pattern.value):
        told.append(Caution("pattern.private_suffix", {"pattern": pattern.text, "domain": pattern.value}))
    return told


_PROBE_LOCAL = "k3v9-irusu-probe"
"""A local part that nobody has: what matches it in a domain matches (nearly) all of that domain."""


def _coverage(pattern: Pattern) -> Callable[[Address], bool]:
    value = pattern.value
    if pattern.kind is Kind.ADDRESS:
        return lambda sender: sender.key == value
    if pattern.kind is Kind.DOMAIN:
        return lambda sender: sender.domain == value
    return searcher(pattern) or (lambda sender: f".{sender.domain}".endswith(f".{value}"))
