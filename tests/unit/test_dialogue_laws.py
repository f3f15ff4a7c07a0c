"""What holds in every session, whatever the client says and however it is cut:

- the backend never gets a RCPT that the rules refuse for the sender it has in force, and no message for one;
- after a decoy was accepted it gets nothing more;
- replies and commands pair up, in order, each about the name that the client wrote;
- a message is told 250 only if the backend holds it.
"""

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from gate.backend.decoy import decoy_for
from gate.backend.reply import Reply
from gate.smtp.actions import AbortBackend, Close, DecoyAccepted, Outcome
from gate.smtp.commands import Command, parse
from gate.smtp.dialogue import Dialogue, Terms
from tests.unit.replies import reply_of
from tests.wire.front import guard_of
from tests.wire.transcript import KEY

SENDERS = [b"user1@localhost", b"user3@localhost", b"no@localhost", b""]
RECIPIENTS = [
    b"user2@localhost",
    b'"user2"@localhost',
    b"USER2@localhost.",
    b"a@localhost",
    b"nobody@localhost",
    b"x@other.test",
]
GUARD = guard_of(("user2@localhost", "user1@localhost"), ("user2@localhost", "no@localhost"))


@dataclass
class Recorder:
    """A backend that pipelines, keeps what it gets and checks it against the rules."""

    catch_all: bool
    strange: bool
    """Accepts a MAIL within a transaction, refuses RSET, and goes on with its transaction after EHLO."""
    replies: deque[Reply] = field(default_factory=deque)
    sender: bytes | None = None
    recipients: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    ended: bool = False
    taken_decoy: bool = False
    _text: bytes = b""
    _body: bytes | None = None

    def receive(self, data: bytes) -> None:
        assert not self.ended
        assert not self.taken_decoy, data
        self._text += data
        while True:
            if self._body is not None:
                at = (b"\r\n" + self._text).find(b"\r\n.\r\n")
                if at < 0:
                    return
                self.messages.append(self._text[: at + 1])
                self._text, self._body = self._text[at + 3 :], None
                self.sender, self.recipients = None, []
                self.say(b"250 kept %d" % len(self.messages))
                continue
            line, end, rest = self._text.partition(b"\r\n")
            if not end:
                return
            self._text = rest
            self.command(line)

    def say(self, reply: bytes) -> None:
        self.replies.append(reply_of(reply))

    def command(self, line: bytes) -> None:
        parsed = parse(line)
        assert isinstance(parsed, Command), line
        match parsed.verb.name:
            case "EHLO":
                if not self.strange:
                    self.sender, self.recipients = None, []
                self.say(b"250-mail.test\r\n250 PIPELINING\r\n")
            case "MAIL":
                if self.sender is not None and not self.strange:
                    self.say(b"503 nested <%s>" % parsed.path)
                elif parsed.path == b"no@localhost":
                    self.say(b"550 <%s> rejected" % parsed.path)
                else:
                    self.sender = parsed.path
                    self.say(b"250 <%s> ok" % parsed.path)
            case "RCPT":
                self.rcpt(parsed.path)
            case "DATA":
                ready = bool(self.recipients)
                self._body = b"" if ready else None
                self.say(b"354 go" if ready else b"554 no valid recipients")
            case "RSET":
                if not self.strange:
                    self.sender, self.recipients = None, []
                self.say(b"451 not now" if self.strange else b"250 reset")
            case _:
                self.say(b"250 " + line)

    def rcpt(self, path: bytes) -> None:
        if self.sender is None:
            self.say(b"503 need MAIL for <%s>" % path)
            return
        is_decoy = len(path.partition(b"@")[0].strip(b'"')) == 16
        verdict = GUARD.judge(self.sender.decode(), path.decode())
        assert is_decoy or verdict.verdict == "accept", (self.sender, path)
        if b"nobody" in path or (is_decoy and not self.catch_all):
            self.say(b"550 <%s> unknown" % path)
            return
        self.taken_decoy = is_decoy
        self.recipients.append(path)
        self.say(b"250 <%s> ok" % path)


COMMANDS = st.one_of(
    st.sampled_from(SENDERS).map(lambda path: b"MAIL FROM:<%s>" % path),
    st.sampled_from(RECIPIENTS).map(lambda path: b"RCPT TO:<%s>" % path),
    st.sampled_from(RECIPIENTS).map(lambda path: b"RCPT TO:<%s>" % path),
    st.just(b"DATA"),
    st.sampled_from(
        [b"RSET", b"EHLO c", b"VRFY user2", b"NOOP", b"FOO", b"RCPT TO:<a b>", b"AUTH PLAIN x", b"x" * 3000]
    ),
)
MESSAGES = st.sampled_from(
    [b"hello\r\n.\r\n", b".\r\n", b"a\n.\nMAIL FROM:<x@y>\r\n.\r\n", b"..\r\n.\r\n", b"a\rb\r\n.\r\n"]
)


class Session:
    """A client that pipelines as it likes, but waits at DATA; and what it hears."""

    def __init__(self, *, catch_all: bool, strange: bool) -> None:
        self.backend = Recorder(catch_all, strange)
        self.heard = b""
        self.closed = False
        self.dialogue = Dialogue(
            Terms(),
            judge=GUARD.decide,
            decoy=lambda path, line: decoy_for(KEY, path, line=line),
            refusal=lambda _domain, _path: None,
        )
        self.perform(self.dialogue.backend_reply(reply_of(b"220 mail.test")))

    def perform(self, outcome: Outcome) -> None:
        if outcome.to_backend:
            self.backend.receive(outcome.to_backend)
        if outcome.to_client:
            assert not self.closed
            self.heard += outcome.to_client
        for action in outcome.actions:
            match action:
                case AbortBackend():
                    self.backend.ended = True
                case Close():
                    self.backend.ended = self.closed = True
                case DecoyAccepted():
                    assert self.backend.catch_all

    def answer(self, limit: int = 1000) -> None:
        """The backend's replies arrive, `limit` at most."""
        while self.backend.replies and limit:
            limit -= 1
            self.perform(self.dialogue.backend_reply(self.backend.replies.popleft()))

    def say(self, data: bytes) -> None:
        if not self.closed:
            self.perform(self.dialogue.client_data(data))

    def replies(self) -> list[bytes]:
        replies: list[bytes] = []
        lines = self.heard.split(b"\r\n")
        assert lines.pop() == b""
        whole = b""
        for line in lines:
            whole += line + b"\n"
            if line[3:4] != b"-":
                replies.append(whole)
                whole = b""
        assert not whole
        return replies


def expected(command: bytes) -> bytes:
    """What the reply to a command must hold."""
    if command[:4] in {b"MAIL", b"RCPT"} and b"a b" not in command:
        return command.partition(b":")[2].lower()
    return {b"EHLO": b"PIPELINING", b"VRFY": b"252", b"NOOP": b"250 NOOP", b"FOO": b"502", b"AUTH": b"502"}.get(
        command[:4], {b"RCPT": b"501", b"xxxx": b"500"}.get(command[:4], b"")
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(COMMANDS, max_size=25), st.data(), st.booleans(), st.booleans())
def test_the_laws_of_a_session(commands: list[bytes], choices: st.DataObject, catch_all: bool, strange: bool) -> None:
    session = Session(catch_all=catch_all, strange=strange)
    asked: list[bytes] = [b"greeting"]
    for command in [b"EHLO c", *commands]:
        asked.append(command)
        data = command + b"\r\n"
        for cut in range(0, len(data), size := choices.draw(st.integers(1, 40))):
            session.say(data[cut : cut + size])
            session.answer(choices.draw(st.integers(0, 2)))
        if command == b"DATA" or choices.draw(st.booleans()):
            session.answer()
        if command == b"DATA" and not session.closed and session.replies()[-1][:3] == b"354":
            message = choices.draw(MESSAGES)
            before = len(session.backend.messages)
            asked.append(b"message")
            at = choices.draw(st.integers(0, len(message)))
            session.say(message[:at])
            session.say(message[at:])
            session.answer()
            told = session.replies()[-1]
            assert (told[:3] == b"250") == (len(session.backend.messages) > before)
    session.answer()
    replies = session.replies()
    if session.closed:
        assert replies.pop()[:3] == b"421"
        assert len(replies) <= len(asked)
    else:
        assert len(replies) == len(asked)
    for command, reply in zip(asked, replies, strict=False):
        if command not in {b"greeting", b"message", b"DATA", b"RSET"}:
            wanted = expected(command)
            assert wanted.strip(b"<>") in reply.lower() or wanted in reply, (command, reply)
    assert session.closed or not session.backend.taken_decoy
