"""A backend as a process, which may be killed: every message that it says 250 to is on the disk before.

`python -m tests.soak.spool PORT FILE`. A line a message: its Subject.
"""

import asyncio
import os
import sys


class Spool:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 spool.test ESMTP\r\n")
            while line := await reader.readline():
                writer.write(await self._answer(line, reader, writer))
                if line[:4].upper() == b"QUIT":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-spool.test\r\n250-PIPELINING\r\n250 SIZE 10000000\r\n"
        if verb == b"RCPT":
            local, _, domain = line.partition(b"<")[2].partition(b">")[0].partition(b"@")
            known = domain == b"virtual.test" and local.startswith(b"user")
            return b"250 Ok\r\n" if known else b"550 5.1.1 unknown\r\n"
        if verb == b"DATA":
            writer.write(b"354 go\r\n")
            message = await reader.readuntil(b"\r\n.\r\n")
            os.write(self._descriptor, message.partition(b"Subject: ")[2].partition(b"\r\n")[0] + b"\n")
            os.fsync(self._descriptor)
            return b"250 2.0.0 kept\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 Ok\r\n"


async def main() -> None:
    spool = Spool(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    server = await asyncio.start_server(spool.serve, "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
