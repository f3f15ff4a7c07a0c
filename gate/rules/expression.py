"""Keywords, globs and regexes as RE2 expressions: linear in time whatever an owner writes, and bounded in size."""

import re
from collections.abc import Callable
from functools import lru_cache

import re2

from gate.rules.address import Address
from gate.rules.kinds import Kind, Pattern, PatternError

PROGRAM_LIMIT = 1_000
"""RE2 instructions of one regex: a larger one slows every decision down."""


def options() -> re2.Options:
    """How every expression is compiled: linear time, UTF-8, silent."""
    chosen = re2.Options()
    chosen.max_mem = 256 * 1024 * 1024
    chosen.log_errors = False
    return chosen


_OPTIONS = options()
_BACK_REFERENCE = re.compile(r"\\[1-9]|\\k[<{']|\(\?P=")
_LOOK_AROUND = re.compile(r"\(\?(?:<?[=!])")


def read_regex(text: str) -> Pattern:
    """`/regex/`, if RE2 takes it and it is of bearable size. Raises `PatternError`."""
    if len(text) < 2 or not text.endswith("/"):
        raise PatternError("pattern.regex_open", text=text)
    if not text[1:-1]:
        raise PatternError("pattern.regex_empty")
    size = _regex_size(text)
    if size > PROGRAM_LIMIT:
        raise PatternError("pattern.regex_large", text=text, size=size, limit=PROGRAM_LIMIT)
    return Pattern(Kind.REGEX, text)


@lru_cache(maxsize=16_384)  # a whole scope's, so that compiling rules again does not compile each regex again
def _regex_size(text: str) -> int:
    try:
        bare = re2.compile(text[1:-1], _OPTIONS)  # on its own first: "a)(b" would close our own bracket
        compiled = re2.compile(f"(?i:{text[1:-1]})", _OPTIONS)
    except re2.error as error:
        raise _regex_error(text, error) from error
    return int(max(bare.programsize, compiled.programsize, compiled.reverseprogramsize))


def weight(pattern: Pattern) -> int:
    """About how many RE2 instructions a keyword, glob or regex adds to its scope's Set."""
    if pattern.kind is Kind.REGEX:
        return _regex_size(pattern.text)
    return len(pattern.text) + 10 * (pattern.text.count("*") + pattern.text.count("?"))


def _regex_error(text: str, error: re2.error) -> PatternError:
    why = error.args[0] if error.args else ""
    why = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
    for code, found in (
        ("pattern.look_around", _LOOK_AROUND.search(text)),
        ("pattern.back_reference", _BACK_REFERENCE.search(text)),
    ):
        if found and ("perl operator" in why or "escape" in why or "group" in why):
            return PatternError(code, text=text, what=found[0])
    return PatternError("pattern.regex", text=text, why=why)


def expression(pattern: Pattern) -> str | None:
    """The RE2 expression of a keyword, glob or regex, to be searched in a folded address key; None for the others."""
    if pattern.kind is Kind.KEYWORD:
        return _escaped(pattern.value)
    if pattern.kind is Kind.GLOB:
        parts = (".*" if part == "*" else "." if part == "?" else _escaped(part) for part in _split(pattern.value))
        return rf"\A(?s:{''.join(parts)})\z"
    if pattern.kind is Kind.REGEX:
        return f"(?i:{pattern.value})"
    return None


def _split(glob: str) -> list[str]:
    return re.split(r"([*?])", glob)


def searcher(pattern: Pattern) -> Callable[[Address], bool] | None:
    """Whether a keyword, glob or regex matches an address (domain as U-label or A-label); None for other kinds."""
    source = expression(pattern)
    if source is None:
        return None
    compiled = re2.compile(source, _OPTIONS)

    def seeks(sender: Address) -> bool:
        return any(compiled.search(text) is not None for text in {sender.key, sender.ascii_key})

    return seeks


def _escaped(text: str) -> str:
    return str(re2.escape(text))
