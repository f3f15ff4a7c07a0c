"""What a database file may be, and what is said where it may not."""

import contextlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

import gate.store
from gate.forms import EntryQuery, ListQuery, UndoQuery
from gate.store import Lists, StoreError, open_lists, open_log
from gate.store.log_tables import log_metadata
from gate.store.opening import LISTS, LOG, Schema, open_database
from gate.store.tables import lists_metadata
from tests.unit.open_desk import open_desk

ROOT = Path(gate.store.__file__).parents[2]
SECOND = '''"""A step of a later Irusu."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("entry", sa.Column("proof", sa.Text))
{more}
'''


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextlib.contextmanager
def opened_lists(path: Path, schema: Schema = LISTS) -> Iterator[Lists]:
    lists = open_lists(path, schema)
    try:
        yield lists
    finally:
        lists.close()


def later(tmp_path: Path, more: str = "") -> Schema:
    """The schema of a later Irusu: one more migration."""
    scripts = tmp_path / "scripts"
    if not scripts.exists():
        shutil.copytree(ROOT / "gate/store/migrations/lists", scripts)
    (scripts / "versions/r0003_later.py").write_text(SECOND.format(more=more))
    return replace(LISTS, scripts=str(scripts), revisions=(*LISTS.revisions, "0003"))


def refused(path: Path, schema: Schema = LISTS) -> StoreError:
    """Opening is refused in one line that names the file, and the file is as it was."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError) as error:
        open_lists(path, schema)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    return error.value


@pytest.mark.parametrize(("schema", "metadata"), [(LISTS, lists_metadata), (LOG, log_metadata)])
def test_migrations_make_the_tables(tmp_path: Path, schema: Schema, metadata: sa.MetaData) -> None:
    engine = open_database(tmp_path / "x.db", schema)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


@pytest.mark.parametrize("metadata", [lists_metadata, log_metadata])
def test_tables_are_no_sqlite_dialect(metadata: sa.MetaData) -> None:
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize("schema", [LISTS, LOG])
def test_revisions_are_those_of_the_scripts(schema: Schema) -> None:
    scripts = ScriptDirectory(str(ROOT / "gate" / schema.scripts.partition(":")[2]))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == schema.revisions


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "lists.db"
    with opened_lists(path):
        pass
    path.chmod(0o644)
    with opened_lists(path) as lists:
        lists.save_state("open")
        assert {each.name: oct(mode_of(each)) for each in tmp_path.iterdir()} == {
            "lists.db": "0o600", "lists.db-wal": "0o600", "lists.db-shm": "0o600",
        }  # fmt: skip


def test_the_key_is_made_once(tmp_path: Path) -> None:
    with opened_lists(tmp_path / "lists.db") as lists:
        key = lists.installation_key()
        assert len(key) == 32
        assert lists.saved_state() is None
        lists.save_state("guarding")
    with opened_lists(tmp_path / "lists.db") as lists:
        assert lists.installation_key() == key
        assert lists.saved_state() == "guarding"
    with opened_lists(tmp_path / "other.db") as lists:
        assert lists.installation_key() != key


def test_every_commit_of_lists_is_synced(tmp_path: Path) -> None:
    with opened_lists(tmp_path / "lists.db") as lists, lists.writing() as tx:
        found = {name: tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")}
        assert found == {"synchronous": 2, "foreign_keys": 1}
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_migration_keeps_all_and_leaves_a_copy(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.add("anna@own.example")
        opened.deny("*", "x@bad.example")
    schema = later(tmp_path)
    with opened_lists(tmp_path / "lists.db", schema) as lists, lists.reading() as tx:
        assert tx.exec_driver_sql("SELECT pattern, proof FROM entry").all() == [("x@bad.example", None)]
    copy = tmp_path / "lists.db.before-0003"
    assert mode_of(copy) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as reader:
        assert reader.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
        assert reader.execute("SELECT pattern FROM entry").fetchall() == [("x@bad.example",)]
    error = refused(tmp_path / "lists.db")  # the older Irusu
    assert error.code == "store.newer_version"
    assert "0003" in str(error)
    assert "0002" in str(error)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.deny("*", "x@bad.example")
    broken = later(tmp_path, more='    op.execute("INSERT INTO nothing VALUES (1)")')
    with pytest.raises(StoreError) as error:
        open_lists(tmp_path / "lists.db", broken)
    assert error.value.code == "store.migration"
    assert "lists.db.before-0003" in str(error.value)
    with open_desk(tmp_path) as opened:
        assert [row.pattern for row in opened.entries("*")] == ["x@bad.example"]
    assert (tmp_path / "lists.db.before-0003").exists()


def test_what_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "lists.db"
    path.write_text("This is a shopping list, not a database, and it is long enough to be read as one.\n" * 20)
    assert refused(path).code == "store.corrupt"
    path.unlink()
    path.mkdir()
    assert refused(path).code == "store.not_openable"
    assert refused(tmp_path / "nowhere" / "lists.db").code == "store.not_openable"


def test_an_empty_file_is_no_new_database(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.add("anna@own.example")
    os.truncate(tmp_path / "lists.db", 0)
    error = refused(tmp_path / "lists.db")
    assert error.code == "store.corrupt"
    assert "it is empty" in str(error)
    (tmp_path / "lists.db").unlink()
    (tmp_path / "lists.db-wal").write_bytes(b"the last changes")
    error = refused(tmp_path / "lists.db")
    assert error.code == "store.corrupt"
    assert "lists.db-wal" in str(error)
    assert sorted(each.name for each in tmp_path.glob("lists.db*")) == ["lists.db-wal"]


def test_what_was_left_half_made_is_made_anew(tmp_path: Path) -> None:
    for name in ("lists.db.new", "lists.db.new-wal", "lists.db.new-shm"):
        (tmp_path / name).write_bytes(b"half")
    with opened_lists(tmp_path / "lists.db") as lists:
        assert len(lists.installation_key()) == 32
    assert not list(tmp_path.glob("*.new*"))


@pytest.mark.parametrize("left", ["log.db", "log.db-wal"])
def test_what_is_left_of_a_log_is_set_aside(tmp_path: Path, left: str) -> None:
    (tmp_path / left).write_bytes(b"" if left == "log.db" else b"the last rows")
    with open_desk(tmp_path) as opened:
        opened.add("anna@own.example")
        assert [warning.code for warning in opened.log.warnings()] == ["log.set_aside"]


def test_a_database_of_something_else(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "lists.db")) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.commit()
    assert refused(tmp_path / "lists.db").code == "store.foreign"


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "lists.db"
    with open_desk(tmp_path) as opened:
        opened.deny("*", *(f"x{number}@bad.example" for number in range(2000)))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 4))
    assert refused(path).code == "store.corrupt"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner by number here")
def test_a_file_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_lists(tmp_path / "lists.db"):
        pass
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    assert refused(tmp_path / "lists.db").code == "store.not_yours"


def test_locked_by_another_program(tmp_path: Path) -> None:
    quick = replace(LISTS, busy_seconds=0.1)
    with opened_lists(tmp_path / "lists.db", quick) as lists:
        with contextlib.closing(sqlite3.connect(tmp_path / "lists.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as error:
                lists.save_state("open")
            assert error.value.code == "store.locked"
            other.execute("ROLLBACK")
        lists.save_state("open")
        assert lists.saved_state() == "open"


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        before = opened.rows()
        with opened.lists.writing() as tx:
            pages = int(tx.exec_driver_sql("PRAGMA page_count").scalar() or 0)
            tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # of this connection, which the pool gives again
        with pytest.raises(StoreError) as error:
            opened.deny("*", *(f"x{number}@bad.example" for number in range(5000)))
        assert error.value.code == "store.full"
        assert opened.rows() == before
        assert opened.check("x1@bad.example", "anna@own.example").because == "relay"


def test_a_broken_log_never_touches_the_lists(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"no database at all " * 100)
    with open_desk(tmp_path) as opened:
        opened.add("anna@own.example")
        assert [warning.code for warning in opened.log.warnings()] == ["log.set_aside"]
        (aside,) = tmp_path.glob("log.db.broken-*")
        assert aside.read_bytes().startswith(b"no database")
        assert opened.log.totals() == (0, 0)
        assert opened.log.last_id() == 0


def test_a_log_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    open_log(tmp_path / "log.db").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "log.db")) as other:
        other.execute("UPDATE alembic_version SET version_num = '0099'")
        other.commit()
    before = (tmp_path / "log.db").read_bytes()
    with open_desk(tmp_path) as opened:
        opened.add("anna@own.example")
        (warning,) = opened.log.warnings()
        assert warning.code == "log.unavailable"
        assert "0099" in warning.text
    assert (tmp_path / "log.db").read_bytes() == before


WRITER = """
import sys
from pathlib import Path
from tests.unit.open_desk import open_desk
with open_desk(Path(sys.argv[1])) as opened:
    opened.add("anna@own.example")
    for number in range(100000):
        opened.deny("anna@own.example", f"x{number}@bad.example")
        print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
@pytest.mark.parametrize("answers", [1, 7, 40])
def test_killed_at_any_moment_no_answered_change_is_lost(tmp_path: Path, answers: int) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    for _ in range(answers):
        process.stdout.readline()
    process.kill()
    answered = answers + len(process.stdout.read().splitlines())
    process.wait()
    process.stdout.close()
    with open_desk(tmp_path) as opened:
        kept = opened.desk.entries.list(EntryQuery(scope="anna@own.example"), "cli").total
        assert answered <= kept <= answered + 1
        lines: list[Any] = opened.desk.journal.history(ListQuery(), "cli").rows
        assert len(lines) == kept + 1
        opened.desk.journal.undo(UndoQuery(), "cli")
