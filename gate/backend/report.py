"""What is known of the backend, as one form for the owner: `check --backend`.

It asks nothing: `Backend.examine` does that before. Nothing but forms comes out of it.
"""

from collections.abc import Container, Iterable

from gate.backend.asking import UnknownUser
from gate.backend.probes import Backend, BackendState
from gate.errors import Fault
from gate.forms import BackendReport, ClientAddressFacts, DomainFacts, TlsFacts
from gate.forms import Warning as Notice
from gate.forms.backend import NO_SUCH_USER, UnknownUserName
from gate.rules.domain import ascii_domain

NOT_REACHED = frozenset({"backend.unreachable", "backend.timeout"})
"""Problems with which nothing was heard of the mail server."""


def report(
    backend: Backend, *, deliver: str, domains: Iterable[str], listed: Container[str], closed: Fault | None = None
) -> BackendReport:
    """`deliver` as in gate.toml; `domains` and `listed` canonical; `closed`: what else keeps mail from flowing."""
    problem = closed or backend.obstacle or backend.trouble
    told = None if problem is None else Notice.of(problem)
    offer, trouble = backend.offer, backend.trouble
    reached = backend.state is not BackendState.UNKNOWN and (trouble is None or trouble.code not in NOT_REACHED)
    return BackendReport(
        ok=problem is None and backend.state is BackendState.UP,
        deliver=deliver,
        target=str(backend.target),
        reached=reached,
        greeting=offer.greeting if offer is not None else None,
        hostname=offer.hostname if offer is not None else None,
        extensions=list(offer.extensions) if offer is not None else [],
        tls=TlsFacts(
            wanted=backend.target.tls,
            offered=backend.offers_tls if offer is not None else None,
            used=offer is not None and offer.encrypted,
        ),
        client_address=ClientAddressFacts(
            wanted=backend.wish,
            found=backend.passing,
            ipv6=backend.ipv6 if backend.passing is not None else None,
        ),
        domains=[_domain(backend, domain, listed=domain in listed) for domain in domains],
        relay=backend.relay,
        problem=told,
        warnings=[each for each in backend.warnings() if told is None or each.text != told.text],
    )


def _domain(backend: Backend, domain: str, *, listed: bool) -> DomainFacts:
    path = f"{NO_SUCH_USER}@{ascii_domain(domain)}".encode()
    answer = backend.unknown_users.get(domain)
    instead = backend.refusal(domain, path)
    if instead is not None:
        said: bytes | None = instead
    else:
        said = answer.wording.said_of(path) if answer is not None else None
    return DomainFacts(
        domain=domain,
        unknown_user="listed" if listed else kind(answer),
        reply=None if said is None else "\n".join(said.decode("utf-8", "replace").splitlines()),
        live=instead is None,
    )


def kind(answer: UnknownUser | None) -> UnknownUserName:
    """By the first digit of the answer to an unknown name; None: there was none."""
    if answer is None or answer.relayed:
        return "unanswered"
    if answer.severity == 2:
        return "catch-all"
    return "temporary" if answer.severity == 4 else "refused"
