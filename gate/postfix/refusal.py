"""A refusal as the policy front says it, so that Postfix makes of it what it says of a missing account.

Postfix puts its own words before the text of an action: of `550 5.1.1 User unknown in virtual mailbox table` it makes
`550 5.1.1 <user@example.org>: Recipient address rejected: User unknown in virtual mailbox table`, and it adds
`smtpd_reject_footer`. So from a reply that was heard, both are taken off again. Pure: no socket, no clock.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from gate.backend.reply import Reply
from gate.postfix import codec
from gate.postfix.asked import wire

_HEARD = re.compile(
    rb"([45][0-9]{2})[ -](?:([45]\.[0-9]{1,3}\.[0-9]{1,3}) )?<([^\r\n]*)>: Recipient address rejected: (.*)"
)
_UNKNOWN = re.compile(rb"User unknown(?: in (?:virtual mailbox|virtual alias|local recipient|relay recipient) table)?")
"""Postfix's own words; what follows on the same line is a footer (`smtpd_reject_footer = \\c...`)."""
_FINAL = (b"User unknown", b"undeliverable address: ")
"""With 4xx too (`soft_bounce`, `unverified_recipient_reject_code`) this is all that Postfix will ever say; any other
4xx may be a greylist, or an address verification under way."""
_SET = re.compile(r"([45][0-9]{2}) +(?:([45]\.[0-9]{1,3}\.[0-9]{1,3}) +)?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Refusal:
    """How recipients are refused.

    Attributes:
        code: of the reply, such as `550`.
        status: its enhanced status (RFC 3463), such as `5.1.1`; empty: Postfix's default for an action.
        text: what follows Postfix's own words.
        probe: the address that it was heard of, in mixed case; empty where the text bears no name. What the server made
            lower-case of it, is made of a recipient too.
    """

    code: bytes
    status: bytes
    text: bytes
    probe: bytes = field(default=b"")

    @property
    def severity(self) -> int:
        """4 or 5."""
        return int(self.code[:1])

    @property
    def final(self) -> bool:
        """Whether an unknown name will hear the same when it is tried again."""
        return self.severity == 5 or self.text.startswith(_FINAL)

    def action(self, recipient: str) -> bytes:
        """What Postfix is to be answered of a recipient in internal form."""
        words = [self.code, self.status, self._text_for(recipient)]
        return b" ".join(word for word in words if word)

    def answer(self, recipient: str) -> bytes:
        """The same as it goes over the wire."""
        return codec.answer(self.action(recipient)) if self.probe else self._nameless

    @cached_property
    def _nameless(self) -> bytes:
        return codec.answer(self.action(""))

    def reply(self, recipient: str) -> str:
        """What Postfix will say to its client, without its footer."""
        name = recipient.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        text = self._text_for(recipient).decode("utf-8", "replace")
        return f"{self._codes} <{name}>: Recipient address rejected: {text}"

    @cached_property
    def _codes(self) -> str:
        return b" ".join((self.code, self.status or self.code[:1] + b".7.1")).decode()

    def _text_for(self, recipient: str) -> bytes:
        if not self.probe:
            return self.text
        path = wire(recipient).encode("utf-8", "surrogateescape")
        parts = self._parts.copy()
        for place in range(1, len(parts), 2):
            whole, as_it_is = len(parts[place]) == len(self.probe), parts[place].startswith(self._name)
            text = path if whole else path.rpartition(b"@")[0] or path
            parts[place] = text if as_it_is else text.lower()
        return b"".join(parts)

    @cached_property
    def _name(self) -> bytes:
        """Of the probe, without its domain."""
        return self.probe.partition(b"@")[0]

    @cached_property
    def _parts(self) -> list[bytes]:
        """The text, cut where the probe or its name stands: at every other place."""
        found = re.escape(self.probe) + b"|" + re.escape(self._name)
        return re.split(b"(" + found + b")", self.text, flags=re.IGNORECASE)


FALLBACK = Refusal(b"550", b"5.1.1", b"User unknown")
"""Where nothing could be learnt: Postfix's words with `show_user_unknown_table_name = no`."""


def heard(reply: Reply, probe: bytes) -> Refusal | None:
    """The refusal that makes Postfix say `reply`, which it gave of the recipient `probe`; None: it is none of its own
    to a recipient."""
    found = _HEARD.fullmatch(reply.lines[0])
    if found is None or found[3].lower() != probe.lower():
        return None
    code, status, _, text = found.groups()
    if own := _UNKNOWN.match(text):
        text = own[0]
    name = probe.partition(b"@")[0]
    return Refusal(code, status or b"", text, probe if name.lower() in text.lower() else b"")


def chosen(reply: str) -> Refusal:
    """That of `[policy] reply`, which gate.toml was checked to hold in a form such as `550 5.1.1 User unknown`."""
    found = _SET.fullmatch(reply)
    assert found is not None, reply  # noqa: S101 (see above)
    return Refusal(found[1].encode(), (found[2] or "").encode(), found[3].encode())
