"""How Irusu and a mail server are set up for each other: the very lines, with the owner's own ports and domains."""

from typing import Literal

from gate.forms.form import Form

WayName = Literal["postfix-policy", "postfix", "exim", "opensmtpd"]


class Snippet(Form, frozen=True, kw_only=True):
    """Lines for one file. `lines` go in exactly as they are; `note` says where, and what else to see to."""

    file: str
    """`gate.toml`, or a file of the mail server's, such as `main.cf`."""
    lines: str
    note: str = ""


class Way(Form, frozen=True, kw_only=True):
    """One way to set Irusu up with a mail server. `after`: what to do when the lines are in."""

    name: WayName
    title: str
    snippets: list[Snippet]
    after: str = ""


class SetupLines(Form, frozen=True, kw_only=True):
    """Answer to `setup.lines`. `offer`: the way that suits this machine best, first among `ways`; null: no mail server
    was found here, or one is in use already."""

    ways: list[Way]
    offer: WayName | None = None
