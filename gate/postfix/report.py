"""What is known of the Postfix that asks, as one form: `check --backend` where no mail passes the gate."""

from collections.abc import Container, Iterable

from gate.backend.report import NOT_REACHED, kind
from gate.forms import BackendReport, DomainFacts
from gate.forms import Warning as Notice
from gate.forms.backend import NO_SUCH_USER
from gate.postfix.learning import Learner
from gate.rules.domain import ascii_domain


def report(learner: Learner, *, deliver: str, domains: Iterable[str], listed: Container[str]) -> BackendReport:
    """`deliver` as in gate.toml; `domains` and `listed` canonical. Nothing is asked here: `Learner.ask_now` does."""
    trouble = learner.trouble
    return BackendReport(
        ok=trouble is None,
        deliver=deliver,
        target=str(learner.target),
        reached=trouble is None or trouble.code not in NOT_REACHED,
        domains=[_domain(learner, domain, listed=domain in listed) for domain in domains],
        problem=None if trouble is None else Notice.of(trouble),
        warnings=[each for each in learner.warnings() if each.code != "policy.unlearnt"],
    )


def _domain(learner: Learner, domain: str, *, listed: bool) -> DomainFacts:
    said = learner.refusal(domain).reply(f"{NO_SUCH_USER}@{ascii_domain(domain)}")
    heard = kind(learner.unknown_users.get(domain))
    return DomainFacts(domain=domain, unknown_user="listed" if listed else heard, reply=said)
