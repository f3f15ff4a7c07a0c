"""Mail addresses as they are compared, and what a sender's address hides: wrappers, the recipient's own, tags.

`parse` is strict and tells what is wrong; `from_wire` never raises, because whatever the SMTP grammar lets through must
be judged. Pure text: it looks nothing up and decides nothing.
"""

import re
from collections.abc import Iterator

import msgspec

from gate.rules.domain import (
    LABEL_LIMIT,
    AddressError,
    ascii_domain,
    canonical_domain,
    fold,
    hidden_character,
    other_foldings,
)
from gate.rules.path import PATH_LIMIT, quote_local, read_located, split_path

__all__ = [
    "NULL", "Address", "AddressError", "from_plain_wire", "from_wire", "matched_forms", "parse", "sender_forms",
    "unwrap", "without_recipient", "without_tag",
]  # fmt: skip


class Address(msgspec.Struct, frozen=True, gc=False):
    """A canonical address: local part unquoted and lower-case, domain in lower-case U-labels without trailing dot.

    Make one with `parse` or `from_wire`. Bare `postmaster` has an empty domain; the null sender is `NULL`.
    """

    local: str
    domain: str

    @property
    def text(self) -> str:
        """`local@domain`, quoted again where needed; empty for the null sender."""
        return self._written(self.domain)

    @property
    def ascii(self) -> str:
        """The same with the domain in A-labels."""
        return self._written(ascii_domain(self.domain))

    @property
    def key(self) -> str:
        """`local@domain` without any quoting: what look-ups, keywords, globs and regexes see."""
        return f"{self.local}@{self.domain}"

    @property
    def ascii_key(self) -> str:
        return f"{self.local}@{ascii_domain(self.domain)}"

    @property
    def other_keys(self) -> Iterator[str]:
        """The keys of other names that a server may take it for: see `domain.other_foldings`; none for ASCII."""
        for local in other_foldings(self.local):
            yield f"{local}@{self.domain}"

    def _written(self, domain: str) -> str:
        local = self.local
        if local.isalnum() and domain:  # needs no look at what would have to be quoted
            return f"{local}@{domain}"
        if domain:
            return f"{quote_local(local)}@{domain}"
        return quote_local(local) if local else ""

    def __str__(self) -> str:
        return self.text


NULL = Address("", "")
"""The null sender `<>` (RFC 5321 4.5.5)."""

_SIMPLE = re.compile(r"([a-z0-9.!#$%&'*+/=?^_`{|}~-]+)@([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)")
_ON_THE_WIRE = re.compile(r"([a-z0-9.!#$%&'*+/=?^_`{|}~-]+)@((?!.*xn--)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)")
_WIDE = re.compile(r"""([^\s"(),:;<>@\[\]\\]+)@([^\s"(),:;<>@\[\]\\]+)""")  # without quoting, comments, routes
_BARE = frozenset({"postmaster"})


def parse(text: str) -> Address:
    """One address in any spelling: `<...>`, quoted, with comments, a source route, a trailing dot, A- or U-labels.

    Empty or `<>` gives `NULL`, bare `postmaster` an address without domain (RFC 5321 4.1.1.3).
    Raises `AddressError`.
    """
    text = text.strip()
    if text in ("", "<>"):
        return NULL
    if len(text) > PATH_LIMIT:
        raise AddressError("address.too_long", limit=PATH_LIMIT)
    if text[0] == "<" and text[-1] == ">":
        text = text[1:-1].strip()
    lowered = text.lower()
    simple = _SIMPLE.fullmatch(lowered) if text.isascii() else None
    if simple:
        return Address(simple[1], canonical_domain(simple[2]))
    char = hidden_character(text)
    if char is not None:
        raise AddressError("address.hidden", char=char)
    wide = _WIDE.fullmatch(text)
    local, domain = wide.groups() if wide else split_path(text)
    if domain is None:
        if lowered in _BARE:
            return Address(lowered, "")
        raise AddressError("address.no_domain", text=text)
    return Address(fold(local), canonical_domain(domain))


def from_wire(text: str) -> Address:
    """An address of a mail under way, which never raises: what `parse` refuses is read all the same.

    Source route, quotes, escapes and comments are seen through whatever the length and whatever characters there are;
    only a domain that is none stays as it is, lower-cased. `text` is what stood between `<` and `>`; undecodable bytes
    may be surrogates.
    """
    return from_plain_wire(text) or from_odd_wire(text)


def from_plain_wire(text: str) -> Address | None:
    """`from_wire` of what is nothing but a local part, `@` and a domain in ASCII, with nothing quoted: nearly all there
    is. None: it is anything else."""
    if len(text) <= LABEL_LIMIT and text.isascii():  # so short that no label of it can be too long
        plain = _ON_THE_WIRE.fullmatch(text.lower())
        if plain:
            return Address(*plain.groups())
    return None


def from_odd_wire(text: str) -> Address:
    """`from_wire` without `from_plain_wire`; the same for every text."""
    try:
        if not _WIDE_SPACE.search(text):  # what `parse` strips as a slip of the pen is part of a name here
            return parse(text)
    except AddressError:
        pass
    text = _SURROGATES.sub("\ufffd", text)
    try:
        local, domain = read_located(text) if _WIDE_SPACE.search(text) else split_path(text)
    except AddressError:
        local, domain = read_located(text)
    if domain is None or not (local or domain.removesuffix(".")):  # whatever it is, it is not the null sender
        return Address(fold(local or text), "")
    try:
        return Address(fold(local), canonical_domain(domain))
    except AddressError:
        return Address(fold(local), fold(domain).removesuffix("."))


_SURROGATES = re.compile("[\ud800-\udfff]")
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")


# ---------------------------------------------------------------- what a sender's address hides

_SRS0 = re.compile(r"(?:srs0[=+-]|[^=]*\+srs=)[^=]*=[^=]*=(?P<domain>[^=]+)=(?P<local>.+)", re.DOTALL)
_SRS1 = re.compile(r"srs1[=+-][^=]*=[^=]+=(?P<rest>[=+-].+)", re.DOTALL)
_TAGGED = re.compile(r"(?:prvs=[0-9a-z]{6,}=|msprvs1=[^=]+=|btv1==[^=]*==)(?P<local>.+)", re.DOTALL)
_WRAPPERS = 6
"""Layers that are taken off at most."""


def unwrap(sender: Address) -> Address | None:
    """The address one wrapper below: SRS0, SRS1 (straight to the original), BATV `prvs=`; None: it is not wrapped.

    SRS as of Shevek and as of Exchange Online (`bounces+SRS=hash=day=domain=local@...`), BATV as of
    draft-levine-smtp-batv with the variants of Momentum and Barracuda.
    """
    tagged = _TAGGED.fullmatch(sender.local)
    if tagged:
        return Address(tagged["local"], sender.domain)
    again = _SRS1.fullmatch(sender.local)
    wrapped = _SRS0.fullmatch("srs0" + again["rest"] if again else sender.local)
    if not wrapped:
        return None
    try:
        return Address(wrapped["local"], canonical_domain(wrapped["domain"]))
    except AddressError:
        return None


def sender_forms(sender: Address) -> Iterator[Address]:
    """The sender as written, then what is below each wrapper."""
    form: Address | None = sender
    for _ in range(_WRAPPERS):
        if form is None:
            return
        yield form
        form = unwrap(form)


def matched_forms(sender: Address) -> list[Address]:
    """`sender_forms`, also without a source route that is quoted into the local part (Postfix takes it off), then those
    of them that are others with their ligatures and sharp s opened."""
    if "=" not in sender.local and sender.local.isascii() and sender.local[0:1] != "@":  # every wrapper has a =
        return [sender]
    forms = list(sender_forms(sender))
    if sender.local[0:1] == "@" and (routed := sender.local.rpartition(":")[2]):
        forms += sender_forms(Address(routed, sender.domain))
    forms += [
        Address(opened, form.domain)
        for form in forms
        if not form.local.isascii() and (opened := form.local.casefold()) != form.local
    ]
    return forms


def without_recipient(sender: Address, recipient: Address) -> Address | None:
    """A VERP sender (`list-bounce-me=own.example@lists.example`) with the recipient's address cut out of it.

    None: the recipient is not in there. Only a whole address is cut, never the end of a longer word.
    """
    if not recipient.local or not recipient.domain or recipient.local not in sender.local:
        return None
    local = sender.local
    for domain in {recipient.domain, ascii_domain(recipient.domain)}:
        for joint in "=@":
            local = _cut(local, f"{recipient.local}{joint}{domain}")
    return None if local == sender.local else Address(local, sender.domain)


def _cut(text: str, part: str) -> str:
    start = 0
    while (found := text.find(part, start)) >= 0:
        end = found + len(part)
        if (found and text[found - 1].isalnum()) or (end < len(text) and text[end].isalnum()):
            start = found + 1
        else:
            text = text[:found] + text[end:]
            start = found
    return text


def without_tag(a: Address, delimiter: str, *, lists: bool = True) -> Address:
    """The address without its `+tag`. Each character of `delimiter` is one, the first found cuts (as in Postfix).

    `owner-x` and `x-request` are names of mailing lists and are not cut at a `-`; without `lists` they are (as by
    qmail, and by Postfix with `owner_request_special = no`).
    """
    local = a.local
    at = len(local)
    for char in delimiter:
        if char in local:
            at = min(at, local.index(char))
    if at in (0, len(local)):
        return a
    if lists and local[at] == "-" and (local.startswith("owner-") or local.endswith("-request")):
        return a
    return Address(local[:at], a.domain)
