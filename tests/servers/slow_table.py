"""A table of Postfix's in which nobody is found, and not quickly: what SQL or LDAP are to it (socketmap_table(5))."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator

SECONDS = 0.01
"""A look-up takes so long at least."""


class _Table(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while size := self._size():
            self.rfile.read(size + 1)  # netstrings end with a comma
            self.server.closing.wait(SECONDS)  # type: ignore[attr-defined]
            self.wfile.write(b"9:NOTFOUND ,")

    def _size(self) -> int:
        digits = b""
        while (octet := self.rfile.read(1)) not in {b":", b""}:
            digits += octet
        return int(digits or b"0")


@contextlib.contextmanager
def slow_table() -> Iterator[str]:
    """Its name for main.cf."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Table) as server:
        server.daemon_threads = True
        server.closing = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"socketmap:inet:127.0.0.1:{server.server_address[1]}:accounts"
        finally:
            server.closing.set()  # type: ignore[attr-defined]
            server.shutdown()
            thread.join()
