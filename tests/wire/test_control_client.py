"""The command line's end of the control socket, against gates that are not as they should be."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gate.control import client, transport
from gate.control.messages import LINE_LIMIT
from gate.control.server import CLIENT_LIMIT
from gate.folders import Folders
from tests.wire.gate_process import SECONDS, Home

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a Unix socket")

HELLO = b'{"jsonrpc":"2.0","method":"hello","params":{"name":"irusu-gate","version":"9","protocol":%d}}\n'
STATUS = b'{"jsonrpc":"2.0","id":1,"result":{"state":"open","pid":7,"new":true}}\n'


def folders(path: Path) -> Folders:
    return Folders(path / "config", path / "data", path / "run", path / "log")


@contextmanager
def pretender(path: Path, *answers: bytes) -> Iterator[None]:
    """Something that listens where a gate would, says the first answer at once and one more a line it hears."""
    (path / "run").mkdir(parents=True)
    server = transport.listen(path / "run" / "control.sock")
    server.setblocking(True)
    server.settimeout(SECONDS)

    def serve() -> None:
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as lines:
            for number, answer in enumerate(answers):
                if number and not lines.readline():
                    return
                if number == 1 and not lines.readline():  # the client's own hello came first
                    return
                peer.sendall(answer)
            peer.shutdown(socket.SHUT_WR)
            lines.read()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(SECONDS)
        server.close()


def test_nobody_there_is_no_error(tmp_path):
    assert client.connect(folders(tmp_path)) is None
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "control.sock").write_text("no socket")
    assert client.connect(folders(tmp_path)) is None
    (tmp_path / "run" / "control.sock").unlink()
    transport.listen(tmp_path / "run" / "control.sock").close()
    assert client.connect(folders(tmp_path)) is None


def test_a_newer_gate_can_be_ended_but_not_asked(tmp_path):
    with pretender(tmp_path, HELLO % 2, STATUS):
        found = client.connect(folders(tmp_path))
        assert found is not None
        with found:
            with pytest.raises(client.ClientError, match="speaks protocol 2"):
                found.call("account.list")
            status = found.call("status")
            assert (status.state, status.pid) == ("open", 7)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"220 mail.example ESMTP\r\n", "control.not_json"),
        (b'{"jsonrpc":"2.0","id":1,"result":{}}\n', "control.not_gate"),
        (HELLO.replace(b"irusu-gate", b"other") % 1, "control.not_gate"),
        (b"", "control.lost"),
        (b'{"jsonrpc"', "control.lost"),
        (b"x" * (LINE_LIMIT + 1), "control.line_long"),
    ],
)
def test_what_is_no_gate_is_one_line(tmp_path, greeting, code):
    with pretender(tmp_path, greeting), pytest.raises(client.Fault) as problem:
        client.connect(folders(tmp_path))
    assert problem.value.code == code
    assert "\n" not in str(problem.value)


def test_a_gate_that_dies_in_a_call_is_one_line(tmp_path):
    with pretender(tmp_path, HELLO % 1, b'{"jsonrpc":"2.0","id":1,'):
        found = client.connect(folders(tmp_path))
        assert found is not None
        with found, pytest.raises(client.ClientError, match="was lost"):
            found.call("status")


def test_a_silent_gate_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(client, "GREETING_SECONDS", 0.2)
    (tmp_path / "run").mkdir()
    with (
        transport.listen(tmp_path / "run" / "control.sock"),
        pytest.raises(client.ClientError, match="does not answer"),
    ):
        client.connect(folders(tmp_path))


def test_a_socket_in_use_is_not_taken_away(tmp_path):
    path = tmp_path / "control.sock"
    with transport.listen(path), pytest.raises(transport.TransportError, match="Another gate listens"):
        transport.listen(path)
    assert path.exists()


AS_ANOTHER = "import os,socket,sys; os.setgroups([]); os.setgid(12345); os.setuid(12345); "


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_the_socket_of_somebody_else_is_not_asked():
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        path = Path(folder) / "s"
        code = AS_ANOTHER + (
            "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print(flush=True);"
            "s.settimeout(20); s.accept()"
        )
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            other.stdout.readline()
            with pytest.raises(transport.TransportError, match="belongs to another user"):
                transport.connect(path, SECONDS)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_somebody_else_is_not_answered():
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "home")
        path = Path(folder) / "s"
        with home.gate("--socket", str(path)):
            path.chmod(0o666)
            code = AS_ANOTHER + (
                "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(20)\n"
                "try: print(s.recv(100))\nexcept ConnectionResetError: print(b'')"
            )
            found = subprocess.run(
                [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=SECONDS, check=True
            )
            assert found.stdout.strip() == "b''"
            assert home.run("--socket", str(path), "status").returncode == 0


def test_a_gate_that_takes_connections_and_closes_them_is_never_taken_for_none(tmp_path):
    (tmp_path / "run").mkdir(mode=0o700)
    server = transport.listen(tmp_path / "run" / "control.sock")
    server.setblocking(True)

    def turn_away() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            peer.close()

    thread = threading.Thread(target=turn_away, daemon=True)
    thread.start()
    try:
        home = Home(tmp_path)
        for command in ("status", "stop", "quit"):
            assert "does not answer" in home.refused(command)
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(SECONDS)


def test_a_gate_full_of_listeners_still_obeys(tmp_path):
    home = Home(tmp_path / "home")
    with home.gate() as gate, ExitStack() as listeners:
        for _ in range(CLIENT_LIMIT):
            listener = client.connect(folders(home.path))
            assert listener is not None
            listeners.enter_context(listener).subscribe()
        assert home.json("status")["pid"] == gate.process.pid
        assert home.json("stop")["state"] in ("draining", "stopped")
        home.done("quit")
        assert gate.wait() == 0
