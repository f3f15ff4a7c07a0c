"""What a request asks about, and every own address that its recipient may be. Pure: no socket, no clock.

Postfix tells addresses in its internal form: without source route, comments and quotes, the case kept, and before it
has rewritten anything. What a client may write for the same mailbox, and Postfix lets through after
`reject_unauth_destination` (tried with 3.7):

- `user` and `user@[192.0.2.1]`: the domain is $myorigin, or the machine's own; which that is the gate is not told. So
  it may be that name in every own domain.
- `user%own.example`, `own.example!user`, and both with a local domain or an address literal after them: rewritten
  (`allow_percent_hack`, `swap_bangpath`).

- source routes one behind the other (`@a:@b:user@own.example`, of which Postfix has taken one off), routes, comments,
  groups and escapes behind a rewritten domain: Postfix reads what it has rewritten once more, and takes away what it
  finds then.

All of these are judged, so that none of them is a way round a list: where there is anything to rewrite or to read, each
word that stands there may be the name. People and programs that send mail from outside write none of them.
"""

import re
from collections.abc import Collection, Iterator

import msgspec

from gate.postfix.codec import Request, key, value
from gate.rules.address import Address, from_plain_wire, from_wire
from gate.rules.domain import LITERAL
from gate.rules.path import quote_local

_REQUEST, _STATE, _SENDER, _RECIPIENT = map(key, ("request", "protocol_state", "sender", "recipient"))
_CLIENT, _HELO, _INSTANCE = map(key, ("client_address", "helo_name", "instance"))
_ESCAPE = "\\"
BARE = ""
"""In the place of a domain: a name without one, which Postfix takes for $myorigin's."""
AT_LITERAL = "[]"
"""And a name at an address of the machine's own (`user@[192.0.2.1]`), which Postfix takes for a local one, whatever
$myorigin is."""
NO_DOMAINS = frozenset({BARE, AT_LITERAL})
REWRITTEN_DEPTH = 4
"""So many domains one behind the other are looked through; beyond that it is by words."""
_REWRITTEN = re.compile(r"[@%!:;,()<>\"\\\[\]]")
_NUMERIC = re.compile(r"[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*")
_ENDS_AT_LITERAL = re.compile(rf"@(?:\[[^@]*@?|{_NUMERIC.pattern})\Z")
_BETWEEN_WORDS = re.compile(r"[\s@%!:;,()<>\"\[\]]+")


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A question about one recipient.

    Attributes:
        recipient: as Postfix told it, and as it will show it in its reply.
        request: what else was told.
    """

    sender: Address
    recipient: str
    request: Request

    @property
    def client(self) -> str:
        """The client's IP address."""
        return value(self.request, _CLIENT)

    @property
    def helo(self) -> str:
        """What is no UTF-8 in it is U+FFFD."""
        told = value(self.request, _HELO)
        return told if told.isascii() else told.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    @property
    def instance(self) -> str:
        """The same for all recipients of one message; empty where Postfix did not say."""
        return value(self.request, _INSTANCE)


def asked(request: Request) -> Asked | None:
    """None: it is no question about a recipient, and DUNNO is all there is to say."""
    if value(request, _REQUEST) != "smtpd_access_policy" or value(request, _STATE) != "RCPT":
        return None
    recipient = value(request, _RECIPIENT)
    if not recipient:
        return None
    sender = value(request, _SENDER)
    return Asked(from_plain_wire(sender) or from_wire(wire(_sender(sender))), recipient, request)


def _sender(internal: str) -> str:
    """As Postfix will have rewritten it in the message."""
    local, at, domain = internal.rpartition("@")
    if not at and "!" in internal:
        domain, _, local = internal.partition("!")
    elif not at and "%" in internal:
        local, _, domain = internal.rpartition("%")
    elif not at:
        return internal
    return f"{local}@{domain.replace(_ESCAPE, '')}"


def wire(internal: str) -> str:
    """An address in internal form as it would stand between `<` and `>`: its local part quoted where that must be."""
    local, at, domain = internal.rpartition("@")
    if not at:
        local, domain = internal, ""
    return f"{quote_local(local)}{at}{domain}" if local or at else ""


def plain(recipient: str) -> Address | None:
    """The one address that the recipient (in internal form) may be, own or not; None: look at its `readings`."""
    found = from_plain_wire(recipient)
    if found is None or "%" in found.local or "!" in found.local or _is_address(found.domain):
        return None
    return found


def _is_address(domain: str) -> bool:
    """Whether it is an IP address, with or without brackets: some have Postfix take the latter for the former
    (`resolve_numeric_domain`)."""
    return domain.startswith(("[", "#")) or _NUMERIC.fullmatch(domain) is not None


def readings(recipient: str, own_domains: Collection[str]) -> Iterator[Address]:
    """Every own address that the recipient (in internal form) may be; the plainest first. Nothing: it is none of ours.
    `own_domains` are canonical."""
    return map(from_wire, _as_written(recipient, own_domains))


def _as_written(recipient: str, own_domains: Collection[str]) -> Iterator[str]:
    """As between `<` and `>`."""
    local, at, domain = recipient.rpartition("@")
    if not at:
        local, domain = recipient, ""
    literal = _is_address(domain)
    if at and not literal and _canonical(domain) in own_domains:
        yield wire(recipient)
    yield from _rewritten(local, own_domains, REWRITTEN_DEPTH)
    if not domain or literal:
        if local.lower() == "postmaster":
            yield local
        else:
            yield from (f"{quote_local(local)}@{each}" for each in sorted(own_domains))
    address = LITERAL.fullmatch(domain) or _NUMERIC.fullmatch(domain)
    if _REWRITTEN.search(local) or not (address or _REWRITTEN.search(domain) is None):
        yield from _by_words(recipient, own_domains)


def shown_domain(recipient: str, reading: Address) -> str:
    """The domain whose missing account the recipient looks like to Postfix, where it is read as `reading`; `BARE` or
    `AT_LITERAL` where that is none that stands there."""
    _, at, domain = recipient.rpartition("@")
    added = not at or not domain or _is_address(domain)
    if not added or reading.domain in map(_canonical, _words(recipient)):
        return reading.domain
    return AT_LITERAL if _ENDS_AT_LITERAL.search(recipient) else BARE


def _words(recipient: str) -> list[str]:
    """The last first: what stands behind is rewritten last."""
    return [word for word in reversed(_BETWEEN_WORDS.split(recipient.replace("\\", ""))) if word]


def _by_words(recipient: str, own_domains: Collection[str]) -> Iterator[str]:
    """Each word as the name; in those own domains that are words too, in all of them where none is."""
    words = dict.fromkeys(_words(recipient))
    domains = dict.fromkeys(found for word in words if (found := _canonical(word)) in own_domains)
    for domain in domains or sorted(own_domains):
        yield from (f"{quote_local(word)}@{domain}" for word in words)


def _rewritten(local: str, own_domains: Collection[str], depth: int) -> Iterator[str]:
    if not depth:
        return
    routes = [local.rpartition("@")[::2], local.rpartition("%")[::2], local.partition("!")[::-2]]
    for name, domain in routes:
        if name and domain:
            if _canonical(domain) in own_domains:
                yield f"{quote_local(name)}@{domain}"
            yield from _rewritten(name, own_domains, depth - 1)


def _canonical(domain: str) -> str:
    return from_wire(f"x@{domain}").domain
