"""The phases of a session's dialogue and what leads from one to the other: one table, and nothing else decides.

Pure.

    GREETING  the backend has not greeted           DATA    the client's message flows to the backend
    COMMANDS  commands flow                         FINAL   the final dot was sent, its reply is awaited
    HELD      a barrier was sent, its reply is      DRAIN   the message is thrown away up to its end
              awaited                               ORPHAN  there is no backend any more: 221 or 421
    WAITING   a reply of the gate's own is put      CLOSED  nothing is heard or said
              off                                   TLS     the handshake is awaited
"""

import enum
from collections.abc import Mapping
from typing import ClassVar

from gate.errors import Fault


class Phase(enum.Enum):
    """See the module's text."""

    GREETING = enum.auto()
    COMMANDS = enum.auto()
    HELD = enum.auto()
    WAITING = enum.auto()
    TLS = enum.auto()
    DATA = enum.auto()
    FINAL = enum.auto()
    DRAIN = enum.auto()
    ORPHAN = enum.auto()
    CLOSED = enum.auto()

    __hash__ = object.__hash__  # Enum's own is slow, and phases are looked up at every step


MESSAGE = frozenset({Phase.DATA, Phase.DRAIN})
"""What the client sends is a message's, not a command's."""


class Signal(enum.Enum):
    """What leads on."""

    GREETED = enum.auto()
    HOLD = enum.auto()
    RELEASED = enum.auto()
    WAIT = enum.auto()
    WAITED = enum.auto()
    HANDSHAKE = enum.auto()
    SECURED = enum.auto()
    GO_AHEAD = enum.auto()
    DOT = enum.auto()
    SPOILT = enum.auto()
    DRAINED = enum.auto()
    FINISHED = enum.auto()
    LOST = enum.auto()
    END = enum.auto()

    __hash__ = object.__hash__


TRANSITIONS: Mapping[tuple[Phase, Signal], Phase] = {
    (Phase.GREETING, Signal.GREETED): Phase.COMMANDS,
    (Phase.COMMANDS, Signal.HOLD): Phase.HELD,
    (Phase.COMMANDS, Signal.WAIT): Phase.WAITING,
    (Phase.WAITING, Signal.WAITED): Phase.COMMANDS,
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
