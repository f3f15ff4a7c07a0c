"""Public suffixes, of the list that ships with publicsuffixlist: which domains belong to everybody. No network."""

from functools import cache

from publicsuffixlist import PublicSuffixList

from gate.rules.domain import ascii_domain


@cache
def _suffixes(only_icann: bool) -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=only_icann)


def icann_suffix(domain: str) -> str | None:
    """The domain itself if it is an ICANN public suffix (`com`, `co.uk`), or if all under it are (`ck`)."""
    return domain if _is_suffix(domain, only_icann=True) else None


def private_suffix(domain: str) -> str | None:
    """The domain itself if it is a suffix whose subdomains belong to customers of a company (`github.io`)."""
    return domain if _is_suffix(domain, only_icann=False) and not _is_suffix(domain, only_icann=True) else None


def _is_suffix(domain: str, *, only_icann: bool) -> bool:
    name = ascii_domain(domain)
    suffixes = _suffixes(only_icann)
    under = f"irusu-probe.{name}"
    return suffixes.publicsuffix(name) == name or suffixes.publicsuffix(under) == under
