"""Conversations with the Postfix that asks the policy front: how it refuses a name, and how long it takes to.

For `learning` and `looking_up`. None sends DATA, and nothing is remembered here.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from gate.backend.asking import ERRORS_A_CONNECTION, REPLY_SECONDS, STRANGER, STRANGER_NAMES
from gate.backend.barred import barred
from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError, Connection, Passing, Target, connect
from gate.backend.reply import Reply


@contextlib.asynccontextmanager
async def transaction(target: Target, passing: Passing) -> AsyncIterator[Connection]:
    """A connection on which a stranger may name recipients, at most `ERRORS_A_CONNECTION` that do not exist.

    Raises:
        BackendError: it could not be had (`backend.not_ready`, or as `barred`: the server would not hear of any).
    """
    client = ClientAddress(STRANGER, 1025, "0.0.0.0", target.port) if passing != "none" else None  # noqa: S104
    connection = await connect(target, client=client, passing=passing, names=STRANGER_NAMES, timeout=REPLY_SECONDS)
    try:
        answer = connection.greeting
        for line in (b"EHLO " + connection.own_name(), b"MAIL FROM:<>"):
            if answer.severity == 2:
                answer = await connection.command(line, REPLY_SECONDS)
        if answer.severity != 2:
            not_ready = BackendError("backend.not_ready", target=str(target), reply=answer.one_line)
            raise barred(target, answer) or not_ready
        yield connection
        with contextlib.suppress(BackendError):
            await connection.command(b"RSET", REPLY_SECONDS)
            await connection.command(b"QUIT", REPLY_SECONDS)
    finally:
        connection.abort()


async def name_recipient(connection: Connection, recipient: bytes) -> Reply:
    """What is said to RCPT. Raises `BackendError`: nothing, or as `barred`."""
    reply = await connection.command(b"RCPT TO:<" + recipient + b">", REPLY_SECONDS)
    if (problem := barred(connection.target, reply)) is not None:
        raise problem
    return reply


async def ask(target: Target, passing: Passing, recipients: Callable[[bytes], Sequence[bytes]]) -> dict[bytes, Reply]:
    """What the server says to RCPT for each of the recipients; those left out were not answered. `recipients` is called
    once, with the address that was reached, as a literal. Raises `BackendError` as `transaction` does."""
    found: dict[bytes, Reply] = {}
    left: Sequence[bytes] | None = None
    while left is None or left:
        before = len(found)
        try:
            async with transaction(target, passing) as connection:
                left = recipients(connection.peer_name()) if left is None else left
                for one in left[:ERRORS_A_CONNECTION]:
                    found[one] = await name_recipient(connection, one)
        except BackendError:  # some servers hang up after a few errors
            if len(found) == before:
                raise
        left = [one for one in left or [] if one not in found]
    return found
