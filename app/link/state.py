"""What the window says about the gate: one enum of connection and gate state, its precedence, and its one table.

Nothing else in the app decides how a state is worded, coloured, drawn, or what can be done in it. Pure: no socket.

To add a state: 1. a member, at its place in the precedence; 2. its line in `LOOKS`; 3. `shown()` if it is derived.
"""

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QCoreApplication

from app.counts import counts
from app.language import QT_TRANSLATE_NOOP
from gate.control.messages import GateState, Status


class Connection(Enum):
    """How the window stands to the gate's socket."""

    CONNECTED = auto()
    CONNECTING = auto()
    """Looking for the gate, or it was launched and does not answer yet."""
    ABSENT = auto()
    """Nobody answers, and nobody is expected to: never there, it said goodbye, or it could not start."""
    LOST = auto()
    """It answered before and was cut off without a goodbye."""
    FOREIGN = auto()
    """It answers in another protocol number."""


class LinkState(Enum):
    """What is shown. The first that applies, in this order."""

    LOST = "lost"
    FOREIGN = "foreign"
    CONNECTING = "connecting"
    NOT_RUNNING = "not running"
    DRAINING = "draining"
    STOPPED = "stopped"
    OPEN = "open"
    GUARDING = "guarding"


_BY_CONNECTION = {
    Connection.LOST: LinkState.LOST,
    Connection.FOREIGN: LinkState.FOREIGN,
    Connection.CONNECTING: LinkState.CONNECTING,
    Connection.ABSENT: LinkState.NOT_RUNNING,
}
_BY_GATE: dict[GateState, LinkState] = {
    "not running": LinkState.NOT_RUNNING,
    "draining": LinkState.DRAINING,
    "stopped": LinkState.STOPPED,
    "open": LinkState.OPEN,
    "guarding": LinkState.GUARDING,
}


def shown(connection: Connection, gate: GateState | None) -> LinkState:
    """The state to show: the connection's word comes first; connected without a status yet is connecting."""
    if connection is not Connection.CONNECTED:
        return _BY_CONNECTION[connection]
    return _BY_GATE[gate] if gate is not None else LinkState.CONNECTING


class Action(Enum):
    """What the header offers beside the words."""

    SWITCH = auto()
    """Guard, Let all in, Stop; and the import."""
    CANCEL = auto()
    TRY_NOW = auto()
    START = auto()
    REPLACE = auto()
    """End the gate that speaks another protocol, and start the bundled one."""


@dataclass(frozen=True, slots=True)
class StateLook:
    """How a state is told. `title` and `sentence` are translation sources, put into words by `title()`, `sentence()`.

    `ink` and `tint` are names of tokens: of text in that colour, and of the header's ground ("base": none).
    `segment`: which part of the switch is current. `live`: whether what is shown is true now and can be changed.
    """

    title: str
    sentence: str
    icon: str
    fill: str
    ink: str
    tint: str
    actions: tuple[Action, ...]
    segment: str | None = None
    live: bool = True


def _say(text: str) -> str:
    return QCoreApplication.translate("LinkState", text)


_SWITCH = (Action.SWITCH,)
LOOKS: dict[LinkState, StateLook] = {
    LinkState.LOST: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Not connected to the gate"),
        QT_TRANSLATE_NOOP("LinkState", "It may still be guarding; this window cannot tell."),
        "state-lost", "lost_fill", "lost", "lost_fill", (Action.TRY_NOW, Action.START), live=False,
    ),
    LinkState.FOREIGN: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Another version is running"),
        QT_TRANSLATE_NOOP("LinkState", "This window cannot speak with the gate that is running. It goes on as it is."),
        "state-needs-you", "open_fill", "open", "open_tint", (Action.REPLACE,), live=False,
    ),
    LinkState.CONNECTING: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Connecting…"),
        QT_TRANSLATE_NOOP("LinkState", "Looking for the gate on this computer."),
        "state-connecting", "stopped_fill", "stopped", "stopped_tint", (Action.CANCEL,), live=False,
    ),
    LinkState.NOT_RUNNING: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Not running"),
        QT_TRANSLATE_NOOP("LinkState", "The gate is off: nobody guards, and no mail comes through it."),
        "state-not-running", "lost_fill", "lost", "lost_tint", (Action.START,), live=False,
    ),
    LinkState.DRAINING: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Finishing"),
        QT_TRANSLATE_NOOP("LinkState", "The mail port is closed; sessions are finishing, 30 s at most."),
        "state-draining", "stopped_fill", "stopped", "stopped_tint", _SWITCH, segment="stop",
    ),
    LinkState.STOPPED: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Stopped"),
        QT_TRANSLATE_NOOP("LinkState", "The mail port is closed. No mail comes in."),
        "state-stopped", "stopped_fill", "stopped", "stopped_tint", _SWITCH, segment="stop",
    ),
    LinkState.OPEN: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Letting everyone in"),
        QT_TRANSLATE_NOOP("LinkState", "Mail flows, but nobody is refused."),
        "state-open", "open_fill", "open", "open_tint", _SWITCH, segment="open",
    ),
    LinkState.GUARDING: StateLook(
        QT_TRANSLATE_NOOP("LinkState", "Guarding"),
        QT_TRANSLATE_NOOP("LinkState", "Listed senders hear “no such user”; all others get in."),
        "state-guarding", "guard_fill", "guard", "base", _SWITCH, segment="guard",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the gate's switch: the method it calls, and how it looks."""

    key: str
    method: str
    word: str
    icon: str
    fill: str


SEGMENTS: tuple[Segment, ...] = (
    Segment("guard", "start", QT_TRANSLATE_NOOP("LinkState", "Guard"), "state-guarding", "guard_fill"),
    Segment("open", "pause", QT_TRANSLATE_NOOP("LinkState", "Let all in"), "state-open", "open_fill"),
    Segment("stop", "stop", QT_TRANSLATE_NOOP("LinkState", "Stop"), "state-stopped", "stopped_fill"),
)


def title(state: LinkState) -> str:
    """The state in one or two words, in the owner's language."""
    return _say(LOOKS[state].title)


def sentence(state: LinkState, sessions: int = 0, status: Status | None = None) -> str:
    """What the state means, in one sentence; `sessions` are those still under way. Beside a Postfix, as `status` tells,
    it means something else."""
    if status is not None and status.policy and (words := _beside(state, status)):
        return _say(words)
    return counts.finishing(sessions) if state is LinkState.DRAINING else _say(LOOKS[state].sentence)


def _beside(state: LinkState, status: Status) -> str:
    """What a state means otherwise where Postfix asks; a translation source, or nothing."""
    if state is LinkState.STOPPED:
        return QT_TRANSLATE_NOOP("LinkState", "No mail comes in through Irusu; Postfix goes on.")
    if state is LinkState.GUARDING and not status.listen and not status.policy_asked:
        return QT_TRANSLATE_NOOP("LinkState", "Postfix has not asked yet; until it does, nobody is refused.")
    return ""


def segment_word(segment: Segment) -> str:
    """The segment's word, in the owner's language."""
    return _say(segment.word)
