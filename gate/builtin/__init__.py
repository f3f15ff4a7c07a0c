"""The built-in mail server: aiosmtpd on a private loopback port, delivering into Maildirs.

To the gate it is a backend like any other: it takes the PROXY protocol, knows its own accounts, and has its own reply
for an unknown user. It says 250 to a message only when every copy and the folder that names it are on the disk. It must
never listen on anything but loopback, never judge a sender, never offer AUTH, and never leave in a `new` folder what it
refused.

A message arrives as it was received but for line ends (LF on disk), below two headers: Return-Path and Delivered-To.
On its way it lies in an unnamed file of the same folder, so that no number of large ones fills the memory.
`postmaster` has no mailbox of its own: like any other name it exists where an account or an alias says so.

    server.py     the port, the sessions, and a message while it comes
    maildir.py    a message into Maildirs
"""

from gate.builtin.maildir import folder_name
from gate.builtin.server import BuiltinServer

__all__ = ["BuiltinServer", "folder_name"]
