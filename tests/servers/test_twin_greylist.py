"""Behind a greylist a denied recipient is first put off and then refused, as an unknown one is; real postgrey."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.process import ServerProcess, free_ports, wait_for_ports
from tests.servers.twin import DENIED, UNKNOWN, comparable, converse, each_on_its_own, session
from tests.servers.twin_houses import Houses

SECONDS = 30.0


@pytest.fixture(params=["450", "DEFER_IF_PERMIT"])
def postgrey(request: pytest.FixtureRequest, servers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port. A triplet that was put off passes after a second."""
    if not (servers / "postgrey").exists():
        pytest.skip(f"no postgrey in {servers}")
    folder = tmp_path_factory.mktemp("postgrey")
    (port,) = free_ports(1)
    perl = servers / "perl" / "usr"
    modules = [perl / "share" / "perl5", *(perl / "lib").glob("*/perl5/*")]
    command = ["perl", "-T", *(word for place in modules for word in ("-I", place))]
    options = [f"--inet=127.0.0.1:{port}", "--delay=1", f"--dbdir={folder}", "--auto-whitelist-clients=0"]
    users = ["--user=root", "--group=root", "--whitelist-clients=/dev/null", "--whitelist-recipients=/dev/null"]
    answer = [f"--greylist-action={request.param}", "--greylist-text=Greylisted", f"--pidfile={folder}/pid"]
    process = ServerProcess(
        [*command, servers / "postgrey" / "usr" / "sbin" / "postgrey", *options, *users, *answer],
        environment={"LD_LIBRARY_PATH": str(servers / "lib")},
    )
    wait_for_ports(process, port)
    yield port
    process.stop()


def test_put_off_and_then_refused(houses: Houses, postgrey: int) -> None:
    main = {"smtpd_recipient_restrictions": f"check_policy_service inet:127.0.0.1:{postgrey}"}
    postfix = houses.postfix(main)
    with houses.gate(postfix.proxy) as gate:

        def play(name: bytes) -> list[bytes]:
            """What is said at first, when the time is over, and then of other spellings of the same recipient."""

            def once(local: bytes) -> bytes:
                lines = session(b"RCPT TO:<" + local + b"@virtual.test>", b"DATA")
                return comparable(converse(gate.port, each_on_its_own(lines)), name, UNKNOWN)

            said = [once(name)]
            end = time.monotonic() + SECONDS
            while b"\n550 " not in (later := once(name)):
                assert later == said[0] and time.monotonic() < end
                time.sleep(0.1)
            return [*said, later, once(name.upper()), once(b'"' + name + b'"'), once(name), once(name + b"+x")]

        unknown, denied = play(UNKNOWN), play(DENIED)
    assert denied == unknown
    put_off = b"\n450 4.2.0 <" + UNKNOWN + b"@virtual.test>: Recipient address rejected: Greylisted\r\n"
    assert (put_off in unknown[0]) == (b"\n550 " not in unknown[0])
    assert all(b"\n550 5.1.1 <" in one for one in unknown[1:5])
