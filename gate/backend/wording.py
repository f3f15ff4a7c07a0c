"""How the backend words its refusal of an unknown user, learnt from one such reply, to be said of another recipient.

For domains where a decoy cannot be asked. Pure: no socket, no clock. Nothing but the address is changed in a reply.
"""

import re
from dataclasses import dataclass

from gate.backend.decoy import mailbox
from gate.backend.reply import Reply


@dataclass(frozen=True, slots=True)
class Wording:
    """A refusal as a pattern.

    Attributes:
        reply: what the backend answered.
        probe: the address `local@domain` it was answered of, in mixed case, as sent.
    """

    reply: Reply
    probe: bytes

    def said_of(self, path: bytes) -> bytes:
        """The complete reply for the recipient `path` (as between `<` and `>`), lower-cased if the server does that."""
        address = mailbox(path)
        name, _, domain = self.probe.rpartition(b"@")

        def filled(match: re.Match[bytes]) -> bytes:
            text = address if b"@" in match[0] else address.rpartition(b"@")[0] or address
            return text if match[0].startswith(name) else text.lower()

        address_or_name = re.escape(name) + b"(?:@" + re.escape(domain) + b")?"
        return re.sub(address_or_name, filled, self.reply.raw, flags=re.IGNORECASE)


def fallback(path: bytes) -> bytes:
    """Where nothing could be learnt: Postfix's words, the most common of all."""
    return b"550 5.1.1 <" + mailbox(path) + b">: Recipient address rejected: User unknown\r\n"
