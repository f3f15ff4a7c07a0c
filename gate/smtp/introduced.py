"""The dialogues of those whom a trusted proxy has brought in, or who are that proxy: what differs at their beginning.

Pure. After the backend's greeting and the answer to a hello they are `Dialogue`, and nothing else.
"""

from typing import Any

from gate.backend.reply import Reply
from gate.smtp import wording
from gate.smtp.actions import Outcome
from gate.smtp.commands import Command
from gate.smtp.dialogue import Dialogue, Phase
from gate.smtp.envelope import Slot


class Introduced(Dialogue):
    """Of a client that came by XCLIENT: the backend's greeting is the answer to that. Nothing may be said before it,
    or what was said to the gate and what is said to the backend could be taken for one another."""

    def __init__(self, *arguments: Any, helo: str, **terms: Any) -> None:
        """`helo`: how the client called itself to the proxy; empty: not told."""
        super().__init__(*arguments, **terms)
        self.client_name = helo

    def client_data(self, data: bytes) -> Outcome:
        if self.phase is Phase.GREETING:
            return self.end(wording.NOT_IN_STEP)
        return super().client_data(data)


class Resumed(Dialogue):
    """Of a proxy that sends mail of its own: it was greeted by the gate, and its hello answered. So the backend's
    greeting and its answer to that hello are heard by the gate alone, unless they are a refusal: that one ends it."""

    def __init__(self, *arguments: Any, hello: Command | None, **terms: Any) -> None:
        """`hello`: the EHLO or HELO that was answered; None: there was none."""
        super().__init__(*arguments, **terms)
        self._hello = hello

    def _greeted(self, reply: Reply) -> None:
        super()._greeted(reply)
        if self.phase is Phase.COMMANDS:
            self._out.to_client = b""
            if self._hello is not None:
                self._forward(self._hello.line, Slot(self._hello, barrier=True))

    def _settle(self, slot: Slot, reply: Reply) -> None:
        super()._settle(slot, reply)
        if self._hello is not None and slot.command is self._hello:
            self._hello = None
            if reply.code == 250:
                self._out.to_client = b""
            elif self.phase is not Phase.CLOSED:
                self._end(b"")
