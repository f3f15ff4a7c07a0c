"""What was judged is what is forwarded, byte for byte, over a grammar of odd addresses.

Each address goes through a whole dialogue before a backend that only notes lines. An address whose canonical form is on
a list never gets there, however it is written; one that is on none gets there as it was written, and nothing else does.
"""

from collections import deque

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gate.backend.decoy import decoy_for
from gate.guard import Guard
from gate.rules import address
from gate.rules.domain import ascii_domain
from gate.rules.ruleset import AccountRule, EntryRule, compile_ruleset
from gate.smtp.actions import Close, Outcome
from gate.smtp.commands import Command, parse
from gate.smtp.dialogue import Dialogue, Terms
from tests.unit.replies import reply_of
from tests.wire.transcript import KEY

OWNER, DENIED, OWN = "kiss.me2@bücher.example", "spam@bad.example", ("bücher.example", "own.example")
DELIMITERS = "+-"

_ATOM = st.text(st.sampled_from("abKs2.+-_=%!#$&'*/?^`{|}~éßſ\u212a\u0130日"), min_size=1, max_size=10)
_QUOTED = st.text(st.sampled_from('ab \\"@<>(),:;[].\t\0éſ\r\n'), max_size=10)
_DOMAINS = {
    "known": ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--bcher-KVA.Example.", "own.example."],
    "wide": ["own\u3002example", "ｏｗｎ.example", "own.example"],
    "other": ["other.example", "[127.0.0.1]", "[IPv6:::1]", "", ".", "own..example", "-", "xn--", "under_score"],
}
_DOMAIN = st.one_of(
    *map(st.sampled_from, _DOMAINS.values()), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
)
_ROUTE = st.sampled_from(["", "", "", "@r.test:", "@a,@b:", "@[::1]:", "@:", "@x", ":"])


@st.composite
def odd(draw: st.DrawFn) -> str:
    """Anything that looks like an address from afar."""
    if draw(st.booleans()):
        local = draw(_ATOM)
    else:
        local = '"' + draw(_QUOTED) + draw(st.sampled_from(['"', '"', '"', ""]))
    comment = draw(st.sampled_from(["", "", "", "(c)", "(", " "]))
    return draw(_ROUTE) + draw(st.sampled_from([comment + local, local + comment])) + "@" + draw(_DOMAIN)


@st.composite
def written(draw: st.DrawFn, name: str, *, tag: bool) -> str:
    """One mailbox, as servers would still know it: case, quotes, escapes, route, tag, either form of the domain."""
    local, _, domain = name.rpartition("@")
    if tag and draw(st.booleans()):
        local += draw(st.sampled_from(list(DELIMITERS))) + draw(st.text(st.sampled_from("ax2.+-"), max_size=5))
    local = "".join(draw(st.sampled_from([char, char.upper(), *_FOLDED.get(char, ())])) for char in local)
    if draw(st.booleans()):
        escaped = [draw(st.sampled_from([char, f"\\{char}"])) if char.isascii() else char for char in local]
        local = f'"{"".join(escaped)}"'
    forms = [domain, domain.upper(), ascii_domain(domain), domain + ".", ascii_domain(domain).upper() + "."]
    return draw(st.sampled_from(["", "", "@r.test:", "@a.test,@[::1]:"])) + local + "@" + draw(st.sampled_from(forms))


_FOLDED = {"k": ["\u212a"], "s": ["ſ"]}
"""What Postfix, which folds by Unicode, takes for the letter."""


def _guard() -> Guard:
    guard = Guard()
    entries = [EntryRule(1, OWNER, "deny", DENIED), EntryRule(2, "*", "deny", "@.evil.example")]
    guard.load(compile_ruleset([AccountRule(OWNER)], entries, own_domains=OWN, delimiter=DELIMITERS))
    return guard


GUARD = _guard()


class Talk:
    """A dialogue with a backend that takes every command and every recipient, and notes them."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.told: list[bytes] = []
        self.closed = False
        self._replies: deque[bytes] = deque()
        self.dialogue = Dialogue(
            Terms(),
            judge=GUARD.decide,
            decoy=lambda path, line: decoy_for(KEY, path, DELIMITERS.encode(), line=line),
            refusal=lambda _domain, _path: None,
        )
        self._perform(self.dialogue.backend_reply(reply_of(b"220 mail.test")))
        self.say(b"EHLO c")

    def _perform(self, outcome: Outcome) -> None:
        if data := outcome.to_backend:
            self.lines += data.split(b"\r\n")[:-1]
            hello = b"250-mail.test\r\n250-PIPELINING\r\n250 SMTPUTF8"
            self._replies.append(hello if data[:4] == b"EHLO" else b"250 ok")
        if outcome.to_client:
            self.told.append(outcome.to_client)
        if any(isinstance(action, Close) for action in outcome.actions):
            self.closed = True

    def say(self, line: bytes) -> None:
        if not self.closed:
            self._perform(self.dialogue.client_data(line + b"\r\n"))
        while self._replies and not self.closed:
            self._perform(self.dialogue.backend_reply(reply_of(self._replies.popleft())))


def sent(sender: str, recipient: str) -> list[bytes]:
    """What the backend got of a MAIL and a RCPT."""
    talk = Talk()
    talk.say(b"MAIL FROM:<%s>" % sender.encode("utf-8", "surrogatepass"))
    talk.say(b"RCPT TO:<%s>" % recipient.encode("utf-8", "surrogatepass"))
    return talk.lines[1:]


def disguised(line: bytes) -> bytes:
    """The line with the decoy in it."""
    command = parse(line, utf8=True)
    if not isinstance(command, Command):
        return b""
    return command.with_path(decoy_for(KEY, command.path, DELIMITERS.encode(), line=len(line) + 2).path)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(odd(), st.just("friend@good.example")), st.one_of(odd(), written(OWNER, tag=True)))
@example('"spam@bad.example"@x', OWNER)
@example(DENIED, '"kiss.me2@bücher.example"@own.example')
def test_what_is_forwarded_is_what_was_judged(sender: str, recipient: str) -> None:
    lines = [b"MAIL FROM:<%s>" % sender.encode(), b"RCPT TO:<%s>" % recipient.encode()]
    got = sent(sender, recipient)
    verdict = GUARD.judge(sender, recipient).verdict
    assert set(got) <= {*lines, disguised(lines[1])}
    if b"\r" in b"".join(lines) or b"\n" in b"".join(lines):
        assert not [line for line in got if b"\r" in line or b"\n" in line]
    elif got[:1] == lines[:1] and verdict == "accept":
        assert got in (lines, lines[:1])
    else:
        assert lines[1] not in got


@settings(deadline=None, max_examples=300)
@given(written(DENIED, tag=False), written(OWNER, tag=True))
def test_no_spelling_leads_round_a_list(sender: str, recipient: str) -> None:
    got = sent(sender, recipient)
    assert b"RCPT TO:<%s>" % recipient.encode() not in got
    # and it is the same list for whoever asks by its canonical form
    by, to = address.from_wire(sender), address.from_wire(recipient)
    assert GUARD.decide(by, to).account == OWNER
    assert GUARD.judge(by.text, to.text).because == "entry"


@settings(deadline=None, max_examples=200)
@given(written("friend@good.example", tag=True), written(OWNER, tag=True))
def test_a_friend_gets_through_as_he_wrote(sender: str, recipient: str) -> None:
    lines = [b"MAIL FROM:<%s>" % sender.encode(), b"RCPT TO:<%s>" % recipient.encode()]
    assert sent(sender, recipient) == lines
