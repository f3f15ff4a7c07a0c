"""How the backend refuses an unknown user, by own domain, and so how a recipient is refused there: by a live decoy, or
in the words that were learnt.

Pure: it asks nothing. `probes` tells it what the backend answered, the fronts what became of their decoys.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping

from gate.backend.asking import UnknownUser
from gate.backend.decoy import canonical
from gate.backend.notices import notice
from gate.backend.wording import Wording, fallback
from gate.forms import Warning as Notice

ALONE_LIMIT = 10_000
ONLY_TEMPORARY = 5
"""So many decoys of a domain with nothing but 4xx are a warning."""


class UnknownUsers:
    """What is known of all own domains. Domains are canonical.

    Attributes:
        answers: what the backend answered to an unknown name, by own domain. Replaced as a whole, so any thread may
            read it.
    """

    def __init__(self, listed: Callable[[], Container[str]]) -> None:
        """`listed` tells the domains that the gate answers for itself, at each refusal."""
        self.answers: Mapping[str, UnknownUser] = {}
        self._listed = listed
        self._silent: list[str] = []
        self._alone: dict[bytes, None] = {}
        """Recipients whose decoy was accepted although their domain does not take every name; the oldest first."""
        self._replies: dict[str, Counter[int]] = {}

    def heard(self, answers: Mapping[str, UnknownUser | None]) -> None:
        """What came of asking, for each own domain; None: nothing. Who is not named is no own domain any more."""
        before = self.answers
        believed = {domain: _believed(answer, before.get(domain)) for domain, answer in answers.items()}
        self.answers = {domain: answer for domain, answer in believed.items() if answer is not None}
        self._silent = [domain for domain, answer in answers.items() if answer is None]
        self._alone = {path: None for path in self._alone if not self.catch_all(_domain(path))}

    def strict(self) -> list[str]:
        """Those in whose place a stranger may be asked for: in A-labels, the domains that do not take every name."""
        return [one.domain for one in self.answers.values() if one.severity != 2]

    def refusal(self, domain: str, path: bytes) -> bytes | None:
        """How to refuse the recipient `path` (as between `<` and `>`) of an own domain.

        None: with a live decoy. Else a complete reply, its CRLF included, to be given in the backend's place: the
        domain is listed or takes every name, or this recipient's decoy was accepted although the domain does not.
        """
        domain = domain.lower()
        alone = bool(self._alone) and canonical(path) in self._alone
        if not alone and domain not in self._listed() and not self.catch_all(domain):
            return None
        own = self.answers.get(domain)
        wording = own.wording if own is not None and own.severity == 5 else self.learnt
        return wording.said_of(path) if wording is not None else fallback(path)

    def catch_all(self, domain: str) -> bool:
        """Whether the domain was found to take every name."""
        answer = self.answers.get(domain.lower())
        return answer is not None and answer.severity == 2

    @property
    def learnt(self) -> Wording | None:
        """How the backend refuses an unknown user, from the first own domain that does."""
        return next((one.wording for one in self.answers.values() if one.severity == 5), None)

    def decoy_accepted(self, path: bytes) -> None:
        """From now on the recipient `path` gets the learnt reply."""
        while len(self._alone) >= ALONE_LIMIT:
            del self._alone[next(iter(self._alone))]
        self._alone[canonical(path)] = None

    def decoy_replied(self, domain: str, code: int) -> None:
        """The code of a decoy's reply, for the warning about domains that only ever say 4xx; 0: none was asked."""
        counts = self._replies.get(domain.lower())
        if counts is None:
            if not code:  # maybe another's domain: there is no end of those
                return
            counts = self._replies[domain.lower()] = Counter()
        counts[code // 100] += 1

    def warnings(self) -> list[Notice]:
        """What the owner should know; of a listed domain nothing: nobody hears there what the server says to an
        unknown name."""
        listed, notices = self._listed(), list[Notice]()
        for domain in self.answers:
            if domain in listed:
                continue
            if self.catch_all(domain):
                code = "backend.relayed" if self.answers[domain].relayed else "backend.catch_all"
                notices.append(notice(code, domain=domain))
            elif self._only_temporary(domain):
                notices.append(notice("backend.only_temporary", domain=domain))
        return notices + [notice("backend.no_answer", domain=each) for each in self._silent if each not in listed]

    def _only_temporary(self, domain: str) -> bool:
        answer, seen = self.answers[domain], self._replies.get(domain, Counter())
        if seen[5]:
            return False
        return answer.severity == 4 or seen[4] >= ONLY_TEMPORARY


def _believed(now: UnknownUser | None, before: UnknownUser | None) -> UnknownUser | None:
    """A server that does not answer for now, or only with 4xx, says nothing new of a domain that it answered before."""
    return before if now is None or (now.severity == 4 and before is not None) else now


def _domain(path: bytes) -> str:
    return path.rpartition(b"@")[2].decode("utf-8", "replace")
