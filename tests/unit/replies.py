"""Replies of a backend, written as text."""

from gate.backend.reply import Reply, ReplyParser


def reply_of(raw: bytes) -> Reply:
    """The one reply that `raw` is, such as `b"550 5.1.1 <a@b>: no"`; the last line end may be missing."""
    (reply,) = ReplyParser().feed(raw if raw.endswith(b"\n") else raw + b"\r\n")
    return reply
