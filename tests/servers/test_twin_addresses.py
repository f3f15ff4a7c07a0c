"""However the recipient is written, a denied one is answered as an unknown one, octet for octet, in every house."""

import functools
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.twin import SPAMMER, each_on_its_own, twins
from tests.servers.twin_houses import House

FORMS = [
    *("<{}@{}>", "{}@{}", '<"{}"@{}>', "< {}@{} >", "<{}@{}> ", "<{}@{}>x", "<{}@{}.>", "<{}>", "<{}@>", "<@{}>"),
    *(
        "<@a.b,@c.d:{}@{}>",
        "<@[a:b]:{}@{}>",
        "<@[IPv6:::1]:{}@{}>",
        '<@x:"{}"@{}>',
        "<@a.b@c.d:{}@{}>",
        "<@{1}:{0}@{1}>",
    ),
    *("<{}+tag@{}>", "<{}-tag@{}>", "<{}+@{}>", '<"{}+a b"@{}>', '<"{}\\+a"@{}>', '<{}+"x@{}>', "<{0}+{0}@{1}>"),
    *("<{}..@{}>", "<.{}@{}>", "<+{}@{}>", "<-{}@{}>", "<*{}@{}>", "<{}=x@{}>", "<{}/x@{}>", "<{}|x@{}>", '<"{} "@{}>'),
    *(
        '<"\\{}"@{}>',
        "<{}(x)@{}>",
        "<=?utf-8?q?{}?=@{}>",
        "<{}@[127.0.0.1]>",
        "<{}\xa7@{}>",
        "<{}@{}\x00>",
        "<{}\t@{}>",
    ),
    *(
        "<{}@{}> NOTIFY=NEVER",
        "<{}@{}> ORCPT=rfc822;x@y.example",
        "<{}@{}> FOO=BAR",
        "<{}@{}> =",
    ),
]
"""As between `RCPT TO:` and the end of the line. What is foreign, or may be, follows by itself."""
FOREIGN = ["<{}@sub.{}>", "<{}@x.example>", "<{}%x@{}>", "<{}%@{}>", "<x!{}@{}>", '<"{}@x"@{}>', "<{}@x@{}>"]
PAIRS = [
    *(("user2", "nobo7"), ("u", "q"), ("me", "zz"), ("o'neil", "d'alba"), ("first.last", "secon.name"), ("x_1", "y_9")),
    *(("long" * 10, "none" * 10), ("l" * 64, "k" * 64), ("josé", "andé"), ("花子", "太郎"), ("é", "ü"), ("_", "~")),
]
LOCAL_LENGTHS = (40, 55, 58, 59, 60, 63, 64, 65, 100, 200, 240, 245, 250, 256, 300, 490, 512)
LINE_LENGTHS = (490, 505, 509, 510, 511, 512, 700, 995, 1000, 1022, 1024, 2040, 2045, 2046, 2047)
A_SESSION = 12


def compare(house: House, endings: list[str], pairs: list[tuple[str, str]], parameter: bytes = b"") -> None:
    """`endings` with `{}` for the name, each in a transaction of its own, some to a session."""
    mail = b"MAIL FROM:<" + SPAMMER + b">" + parameter

    def blocks(name: bytes, some: list[str]) -> list[bytes]:
        written = [b"RCPT TO:" + each.format(name.decode(), house.domain.decode()).encode() for each in some]
        lines = [line for each in written for line in (mail, each, b"DATA", b"RSET")]
        return each_on_its_own([b"EHLO mx.outside.test", *lines, mail, *written[:2] * 2, b"NOOP", b"QUIT"])

    def play(pair: tuple[str, str]) -> None:
        for begin in range(0, len(endings), A_SESSION):
            some = endings[begin : begin + A_SESSION]
            told = twins(
                house.port, functools.partial(blocks, some=some), pair[0].encode(), pair[1].encode(), at_once=True
            )
            assert b"closed" not in told, some

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(play, pairs))


@pytest.mark.parametrize("parameter", [b"", b" SMTPUTF8"], ids=["ascii", "smtputf8"])
def test_every_form_of_every_name(house: House, parameter: bytes) -> None:
    pairs = [pair for pair in PAIRS if not (parameter and pair[0].isascii())]
    compare(house, FORMS, pairs, parameter)
    compare(house, FOREIGN, pairs[-2:], parameter)


def test_lengths_near_and_beyond_every_limit(house: House) -> None:
    def padded(text: str, length: int, filling: str) -> str:
        whole = text.format("user2", house.domain.decode(), "")
        return text.replace("{2}", filling * max(0, length - len(whole)))

    tagged = [padded("<{0}+{2}@{1}>", length + len(house.domain) + 3, "a") for length in LOCAL_LENGTHS]
    routed = [padded("<@a{2}.example:{0}@{1}>", length, ".aaa") for length in LOCAL_LENGTHS]
    described = [padded("<{0}@{1}> ORCPT=rfc822;{2}", length - 8, "a") for length in LINE_LENGTHS]
    spaced = [padded("<{0}@{1}>{2}", length - 8, " ") for length in LINE_LENGTHS]
    once_more = ["<{0}@{1}> ORCPT=rfc822;{0}@{1}", "<{0}@{1}> ORCPT={0}"]  # Exim tells it up to its 32nd octet
    compare(house, [*tagged, *routed, *described, *spaced, *once_more], [("user2", "nobo7")])
