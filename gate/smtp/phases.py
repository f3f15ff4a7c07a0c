"""The phases of a session's dialogue and what leads from one to the other: one table, and nothing else decides.

Pure.

    GREETING  the backend has not greeted           DATA    the client's message flows to the backend
    COMMANDS  commands flow                         FINAL   the final dot was sent, its reply is awaited
    HELD      a barrier was sent, its reply is      DRAIN   the message is thrown away up to its end
              awaited                               ORPHAN  there is no backend any more: 221 or 421
    TLS       the handshake is awaited              CLOSED  nothing is heard or said
"""

import enum
from collections.abc import Mapping
from typing import ClassVar

from gate.errors import Fault

Phase = enum.Enum("Phase", "GREETING COMMANDS HELD TLS DATA FINAL DRAIN ORPHAN CLOSED")
Signal = enum.Enum("Signal", "GREETED HOLD RELEASED HANDSHAKE SECURED GO_AHEAD DOT SPOILT DRAINED FINISHED LOST END")

TRANSITIONS: Mapping[tuple[Phase, Signal], Phase] = {
    (Phase.GREETING, Signal.GREETED): Phase.COMMANDS,
    (Phase.COMMANDS, Signal.HOLD): Phase.HELD,
    (Phase.COMMANDS, Signal.HANDSHAKE): Phase.TLS,
    (Phase.TLS, Signal.SECURED): Phase.COMMANDS,
    (Phase.HELD, Signal.RELEASED): Phase.COMMANDS,
    (Phase.HELD, Signal.GO_AHEAD): Phase.DATA,
    (Phase.DATA, Signal.DOT): Phase.FINAL,
    (Phase.DATA, Signal.SPOILT): Phase.DRAIN,
    (Phase.DRAIN, Signal.DRAINED): Phase.ORPHAN,
    (Phase.FINAL, Signal.FINISHED): Phase.COMMANDS,
    (Phase.FINAL, Signal.LOST): Phase.ORPHAN,
    **{(phase, Signal.END): Phase.CLOSED for phase in Phase},
}


class DialogueError(Fault):
    """The gate's own mistake: an event that cannot happen in this phase."""

    texts: ClassVar[Mapping[str, str]] = {"dialogue.illegal": "{signal} in phase {phase}"}


def following(phase: Phase, signal: Signal) -> Phase:
    """The phase after a signal. Raises `DialogueError`; then nothing has changed."""
    after = TRANSITIONS.get((phase, signal))
    if after is None:
        raise DialogueError("dialogue.illegal", signal=signal.name, phase=phase.name)
    return after
