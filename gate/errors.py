"""The one shape of every error that an owner can meet.

A room has one exception type of its own, a subclass of `Fault`; what differs is the code. A code is stable and is
what programs compare (`data.code` on the control socket); the text is one clear English line for the terminal and the
log, and the app puts the code and its parameters into the owner's language.
"""

from collections.abc import Mapping
from typing import ClassVar


class Fault(Exception):
    """Something that was refused or did not work, told in one line.

    Attributes:
        code: stable name, `noun.what`, such as `account.unknown`.
        params: what the text was filled with, such as `{"account": "a@example.org"}`.
        texts: of the subclass: one template a code, filled by `str.format_map(params)`.
    """

    texts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        return self.texts[self.code].format_map(self.params)
