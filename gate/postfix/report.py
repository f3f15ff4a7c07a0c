"""What is known of the Postfix that asks, as one form: `check --backend` where no mail passes the gate."""

from collections.abc import Container, Iterable

from gate.forms import BackendReport, DomainFacts
from gate.forms import Warning as Notice
from gate.forms.backend import UnknownUserName
from gate.postfix.learning import Answer, Learner
from gate.rules.domain import ascii_domain

NOT_REACHED = frozenset({"backend.unreachable", "backend.timeout"})


def report(learner: Learner, *, deliver: str, domains: Iterable[str], listed: Container[str]) -> BackendReport:
    """`deliver` as in gate.toml; `domains` and `listed` canonical. Nothing is asked here: `Learner.ask_now` does."""
    trouble = learner.trouble
    problem = None if trouble is None else Notice(code=trouble.code, text=str(trouble), params=dict(trouble.params))
    return BackendReport(
        ok=problem is None,
        deliver=deliver,
        target=str(learner.target),
        reached=trouble is None or trouble.code not in NOT_REACHED,
        domains=[_domain(learner, domain, listed=domain in listed) for domain in domains],
        problem=problem,
        warnings=[each for each in learner.warnings() if each.code != "policy.unlearnt"],
    )


def _domain(learner: Learner, domain: str, *, listed: bool) -> DomainFacts:
    said = learner.refusal(domain).reply(f"nobody@{ascii_domain(domain)}")
    return DomainFacts(
        domain=domain, unknown_user="listed" if listed else _kind(learner.answers.get(domain)), reply=said
    )


def _kind(answer: Answer | None) -> UnknownUserName:
    if answer is None:
        return "unanswered"
    if answer.reply.severity == 2:
        return "catch-all"
    return "temporary" if answer.reply.severity == 4 else "refused"
