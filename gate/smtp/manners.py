"""How trusted proxies went about it before: whether one waits for a greeting, or sends a header first.

Pure. It only decides how long a silent proxy is waited for: whoever gets the greeting too early is cut, not mistaken.
"""

SILENT_SECONDS = 1.0
"""A proxy sends its header at once; whoever has said nothing by then waits for a greeting."""
QUICK_SECONDS = 0.1
"""Likewise, of one that is known to wait for it: else each of its sessions would be a second longer."""
PROXIES_LIMIT = 1000
"""So many are remembered."""


class Manners:
    """One front's memory of its proxies, by IP address."""

    def __init__(self) -> None:
        self._waits: dict[str, bool] = {}
        """False: it has been cut, and is never hurried again."""

    def seconds(self, proxy: str) -> float:
        """How long it may be silent before it is greeted."""
        return QUICK_SECONDS if self._waits.get(proxy) else SILENT_SECONDS

    def waited(self, proxy: str) -> None:
        """It took the greeting, and came to a session."""
        if len(self._waits) < PROXIES_LIMIT:
            self._waits.setdefault(proxy, True)

    def was_late(self, proxy: str) -> None:
        """It was greeted, and no SMTP client."""
        if len(self._waits) < PROXIES_LIMIT or proxy in self._waits:
            self._waits[proxy] = False
