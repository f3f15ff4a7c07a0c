"""Opens a database file: whose it is, whether it is sound, which version it has; brings an older one up to date.

It must never touch a file that it refuses, and never migrate one without a copy from before beside it.
"""

import contextlib
import os
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gate.store.errors import StoreError, translated


@dataclass(frozen=True)
class Schema:
    """What is known of one kind of database.

    Attributes:
        scripts: where Alembic finds the migrations: `package:folder`, or a folder.
        revisions: all of them, oldest first. The last is what this version of Irusu needs.
        synchronous: FULL: what was committed survives a power loss. NORMAL: the last moments may not.
        check: look through the whole file at opening, if it is not larger than `CHECKED_AT_ONCE`.
    """

    scripts: str
    revisions: tuple[str, ...]
    synchronous: str
    check: bool
    busy_seconds: float = 5.0
    """How long a statement waits for another program's lock."""


CHECKED_AT_ONCE = 32 * 1024 * 1024
"""Bytes of a file: a larger one would keep mail waiting (0.7 s for a gigabyte in memory, much more from a disk)."""
LISTS = Schema("gate:store/migrations/lists", ("0001", "0002"), "FULL", check=True)
LOG = Schema("gate:store/migrations/log", ("0001",), "NORMAL", check=False, busy_seconds=0.2)


def open_database(path: Path, schema: Schema) -> sa.Engine:
    """The engine for `path`, made if missing (0600), migrated if older. Raises StoreError."""
    try:
        if not os.path.lexists(path):
            _make(path, schema)
        _own(path)
        found = _version(path, schema)
        engine = _engine(path, schema)
        if found != schema.revisions[-1]:
            try:
                _migrate(engine, path, schema, found)
            except BaseException:
                engine.dispose()
                raise
    except OSError as error:
        raise StoreError("store.not_openable", file=str(path), why=error.strerror or str(error)) from error
    except (sqlite3.Error, sa.exc.SQLAlchemyError) as error:
        raise translated(error, path) from error
    return engine


def _make(path: Path, schema: Schema) -> None:
    """A new database, whole before it bears its name: so an empty file is never a new one, but one that lost all."""
    waiting = path.with_name(path.name + "-wal")
    if waiting.exists() and waiting.stat().st_size:
        raise StoreError("store.corrupt", file=str(path), why=f"it is missing, and {waiting.name} is there")
    new = path.with_name(path.name + ".new")
    for left in (new, *(new.with_name(new.name + end) for end in ("-wal", "-shm", "-journal"))):
        left.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    engine = _engine(new, schema)
    try:
        migrate(engine, schema)
    finally:
        engine.dispose()  # the last connection writes the -wal back
    new.rename(path)


def _own(path: Path) -> None:
    """Check the file; SQLite gives its -wal and -shm the same mode."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError("store.not_openable", file=str(path), why="it is no regular file")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise StoreError("store.not_yours", file=str(path))
    if os.name == "posix" and stat.S_IMODE(found.st_mode) != 0o600:
        path.chmod(0o600)


def _version(path: Path, schema: Schema) -> str | None:
    """The revision of the file, None for one without tables. Reads only; raises StoreError where it may not be used."""
    if path.stat().st_size == 0:
        raise StoreError("store.corrupt", file=str(path), why="it is empty")
    # `immutable` leaves no -wal and -shm behind; it may be said only where no half-written -wal waits.
    waiting = path.with_name(path.name + "-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro" + ("" if waiting else "&immutable=1")
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=schema.busy_seconds)) as reader:
        tables = {row[0] for row in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise StoreError("store.foreign", file=str(path))
        versions = [str(row[0]) for row in reader.execute("SELECT version_num FROM alembic_version")]
        if not versions:
            raise StoreError("store.foreign", file=str(path))
        if versions[0] not in schema.revisions:
            raise StoreError("store.newer_version", file=str(path), theirs=versions[0], ours=schema.revisions[-1])
        if schema.check and path.stat().st_size <= CHECKED_AT_ONCE:
            check(reader, path)
    return versions[0]


def check(reader: sqlite3.Connection, path: Path) -> None:
    """Look through the whole file. Raises StoreError."""
    verdict = str(reader.execute("PRAGMA quick_check(1)").fetchone()[0])
    if verdict != "ok":
        raise StoreError("store.corrupt", file=str(path), why=verdict.splitlines()[-1])


def _engine(path: Path, schema: Schema) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": schema.busy_seconds, "check_same_thread": False},
    )
    prepare(engine, schema)
    return engine


def prepare(engine: sa.Engine, schema: Schema) -> None:
    """What SQLite needs said on every connection; writers take the write lock at BEGIN, so they never deadlock."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN is the only one
        cursor = connection.cursor()
        for line in (
            "PRAGMA journal_mode=WAL",
            f"PRAGMA synchronous={schema.synchronous}",
            "PRAGMA foreign_keys=ON",
            "PRAGMA cache_size=-16000",
            "PRAGMA journal_size_limit=16777216",
        ):
            cursor.execute(line)
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _migrate(engine: sa.Engine, path: Path, schema: Schema, found: str | None) -> None:
    copy = _copy(path, schema) if found is not None else None
    try:
        migrate(engine, schema)
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        if copy is None:
            raise
        raise StoreError(
            "store.migration", file=str(path), theirs=found, ours=schema.revisions[-1], why=error, copy=str(copy)
        ) from error


def migrate(engine: sa.Engine, schema: Schema) -> None:
    """Run what is missing, in one transaction."""
    from alembic.config import Config  # 0.1 s that a start without a migration does not pay
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", schema.scripts.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    target = schema.revisions[-1]

    def steps(revision: Any, _context: object) -> Any:
        return scripts._upgrade_revs(target, revision)

    with (
        engine.connect().execution_options(writing=True) as connection,
        EnvironmentContext(config, scripts, fn=steps, destination_rev=target) as environment,
    ):
        environment.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
        with connection.begin():
            environment.run_migrations()


def _copy(path: Path, schema: Schema) -> Path:
    """A whole copy of the file, its -wal included, named after the version that is to come; 0600."""
    copy = path.with_name(f"{path.name}.before-{schema.revisions[-1]}")
    number = 1
    while copy.exists():
        number += 1
        copy = path.with_name(f"{path.name}.before-{schema.revisions[-1]}-{number}")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    return copy
