"""An import in parts that fit into messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.cli import saved
from gate.cli.main import main
from gate.forms import ImportItem


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12_000)), max_size=4))
def test_parts_hold_everything_and_are_small(items):
    given_items = [ImportItem(scope=name, patterns=[f"{name}{n}@x" for n in range(size)]) for name, size in items]
    found = list(saved.parts(given_items))
    assert len(found) >= 1
    assert all(sum(len(item.patterns) for item in part) <= saved.STAGE_PATTERNS for part in found)
    flat = [(item.scope, pattern) for part in found for item in part for pattern in item.patterns]
    assert flat == [(item.scope, pattern) for item in given_items for pattern in item.patterns]
    assert {item.scope for part in found for item in part} == {item.scope for item in given_items}


@pytest.mark.parametrize("command", ["import", "survey"])
def test_an_empty_path_is_refused_in_one_line(command, capsys):
    assert main([command, ""]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == ["irusu-gate: A path is empty: name a file or a folder"]
