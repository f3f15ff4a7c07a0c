"""Reads a list from the gate page by page, so that 100,000 rows never block the window.

One page is under way at a time; the next is asked for when the one before has been dealt with, and in between the
window lives. A new reading makes an older one silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from gate.control.messages import Form

if TYPE_CHECKING:
    from app.link.client import Call, CallFailed, Client

Got = Callable[[Sequence[Any], bool], None]
"""`(all rows so far, that was the last page)`."""


class Pager:
    """Reads the list that `method` tells.

    Attributes:
        reading: until its last page or its error. first: the first page of this reading, once it is there.
    """

    def __init__(self, client: Client, method: str) -> None:
        self._client = client
        self._method = method
        self._call: Call | None = None
        self._rows: list[Any] = []
        self._pages = 0
        self.first: Any = None

    @property
    def reading(self) -> bool:
        return self._call is not None

    def read(self, query: Form, got: Got, failed: Callable[[CallFailed], None]) -> None:
        """Begin anew. `got` is called when the rows read have doubled, and with the last page."""
        self.cancel()
        self._rows = []
        self._pages = 0
        self._ask(query, got, failed)

    def cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _ask(self, query: Form, got: Got, failed: Callable[[CallFailed], None]) -> None:
        def done(page: Any) -> None:
            self._call = None
            if not self._pages:
                self.first = page
            self._rows.extend(page.rows)
            self._pages += 1
            if page.next is None:
                got(self._rows, True)
                return
            if self._pages & (self._pages - 1) == 0:
                got(list(self._rows), False)
            if self._call is None:  # `got` may have begun another reading
                self._ask(msgspec.structs.replace(query, after=page.next), got, failed)

        def broken(fault: CallFailed) -> None:
            self._call = None
            failed(fault)

        self._call = self._client.call(self._method, query, done, broken)
