"""What the gate is compared with, each before a server: HAProxy, a bare pair, Haraka, and aiosmtpd with aiosmtplib.

All of them pass on to the same server as the gate does, by the way each has for it: HAProxy and the pair with a PROXY
header (the least that a process between client and server can cost, in C and in Python), the others by a connection of
their own.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import stage
from tests.servers.process import free_ports

HARAKA = Path(__file__).parents[2] / ".cache" / "haraka"
"""`npm install --prefix .cache/haraka Haraka` puts it there."""
START_SECONDS = 15.0


@dataclass
class Rival:
    """A process between client and server.

    Attributes:
        port: where it listens.
        pid: whose CPU and memory count.
    """

    name: str
    port: int
    pid: int


HAPROXY_SETTINGS = """
global
    maxconn 2000
    nbthread 1
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen mail
    bind 127.0.0.1:{port}
    server mail 127.0.0.1:{behind} {header}
"""

HARAKA_SETTINGS = {
    "smtp.ini": "listen=127.0.0.1:{port}\nnodes=0\n",
    "plugins": "rcpt_to.in_host_list\nqueue/smtp_forward\n",
    "host_list": stage.DOMAIN + "\n",
    "smtp_forward.ini": "host=127.0.0.1\nport={behind}\n",
    "log.ini": "[main]\nlevel=crit\n",
    "me": "haraka.virtual.test\n",
}


@contextlib.contextmanager
def haproxy(behind: int, *, header: bool) -> Iterator[Rival]:
    """`header`: the port behind wants a PROXY header."""
    program = stage.SERVERS / "haproxy" / "usr" / "sbin" / "haproxy"
    with stage.folder() as place:
        (port,) = free_ports(1)
        settings = place / "haproxy.cfg"
        sends = "send-proxy-v2" if header else ""
        settings.write_text(HAPROXY_SETTINGS.format(port=port, behind=behind, header=sends))
        with _running([str(program), "-db", "-f", str(settings)], port) as process:
            yield Rival("HAProxy", port, process.pid)


@contextlib.contextmanager
def pair(behind: int) -> Iterator[Rival]:
    """The port behind wants a PROXY header."""
    with _module("tests.bench.pair", "a bare pair", behind) as rival:
        yield rival


@contextlib.contextmanager
def aiosmtpd(behind: int) -> Iterator[Rival]:
    with _module("tests.bench.aiosmtpd_relay", "aiosmtpd + aiosmtplib", behind) as rival:
        yield rival


@contextlib.contextmanager
def _module(module: str, name: str, behind: int) -> Iterator[Rival]:
    """A module of this folder as a process that prints its port, ended afterwards."""
    with subprocess.Popen([sys.executable, "-m", module, str(behind)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Rival(name, int(process.stdout.readline()), process.pid)
        finally:
            process.terminate()


def why_no_haraka() -> str | None:
    """Why Haraka cannot be started here; None where it can."""
    if shutil.which("node") is None:
        return "Haraka is left out: it needs node"
    if not (HARAKA / "node_modules" / "Haraka").is_dir():
        return "Haraka is left out: run npm install --prefix .cache/haraka Haraka"
    return None


@contextlib.contextmanager
def haraka(behind: int) -> Iterator[Rival]:
    with stage.folder() as place:
        (port,) = free_ports(1)
        (place / "config").mkdir()
        for name, text in HARAKA_SETTINGS.items():
            (place / "config" / name).write_text(text.format(port=port, behind=behind))
        haraka = HARAKA / "node_modules" / "Haraka"
        shutil.copy(haraka / "config" / "connection.ini", place / "config")  # without it each connection ends it
        program = haraka / "bin" / "haraka"
        with _running(["node", str(program), "-c", str(place)], port) as process:
            yield Rival("Haraka", port, process.pid)


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that listens at `port`, awaited and ended."""
    libraries = os.pathsep.join([str(stage.SERVERS / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            _wait_for(port, process)
            yield process
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen at {port}")
