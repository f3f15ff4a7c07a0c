"""The command line: forms, exit codes, what goes where; with a gate and without, the same."""

import json
import os
import re
import subprocess
import sys

import pytest

from gate import __version__
from tests.wire.gate_process import COMMAND, SECONDS, Home

SPAM = "\n".join(
    f"From win@lotto.example Mon Mar  2 12:54:0{number} 2026\n"
    "Return-Path: <win@lotto.example>\nDelivered-To: user2@localhost\nFrom: <win@lotto.example>\n"
    f"To: <user2@localhost>\nDate: Mon, 2 Mar 2026 12:54:0{number} +0000\nSubject: You have won\n\nMoney.\n"
    for number in range(3)
)


def imports(home: Home, *arguments: str) -> set[str]:
    """The modules that a command loads."""
    code = (
        "import sys\nfrom gate.cli.main import main\ncode = main(sys.argv[1:])\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\nsys.exit(code)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=home.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return set(found.stderr.splitlines())


# ---------------------------------------------------------------- accounts


def test_accounts(either):
    made = either.json(
        "account",
        "add",
        "User2@LOCALHOST",
        "--alias",
        "info@localhost",
        "--given-to",
        "Shop",
        "--expect",
        "@shop.example",
    )
    assert made["address"] == "user2@localhost"
    found = either.json("account", "list")
    assert found[0].items() >= {
        "address": "user2@localhost", "aliases": ["info@localhost"], "mode": "deny", "watch": False,
        "refuse_bounces": False, "given_to": "Shop", "expect": ["@shop.example"], "denied": 0, "allowed": 0,
    }.items()  # fmt: skip
    changed = either.json(
        "account", "set", "info@localhost", "--mode", "allow", "--watch", "--refuse-bounces", "--alias", "a@localhost",
        "--alias", "b@localhost",
    )  # fmt: skip
    assert (changed["mode"], changed["watch"], changed["refuse_bounces"]) == ("allow", True, True)
    assert changed["aliases"] == ["a@localhost", "b@localhost"]
    back = either.json(
        "account", "set", "user2@localhost", "--no-mode", "--no-watch", "--no-refuse-bounces", "--alias", "",
        "--given-to", "", "--no-expect",
    )  # fmt: skip
    assert back == {**made, "aliases": [], "given_to": None, "expect": []}
    assert either.json("account", "show", "user2@localhost") == back
    either.done("account", "remove", "user2@localhost")
    assert either.json("account", "list") == []
    assert "account add" in either.refused("account", "show", "user2@localhost")
    assert "user2@localhost" in either.refused("deny", "user2@localhost", "x@y.example")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--alias", "a@localhost", "--no-alias"),
        ("--mode", "loud"),
        ("--watch", "--nothing"),
    ],
)
def test_wrong_usage_of_set_is_two(home, options):
    found = home.run("account", "set", "user2@localhost", *options)
    assert found.returncode == 2
    assert found.stdout == ""
    assert "Usage: irusu-gate account set" in found.stderr


# ---------------------------------------------------------------- entries and check


def test_entries(either):
    either.done("account", "add", "user2@localhost")
    either.done("deny", "user2@localhost", "bad@a.example", "@b.example", "keyword:casino", "--note", "spam")
    either.done("deny", "user2@localhost", "bad@a.example")
    either.done("allow", "*", "/^friend/")
    rows = either.json("entries", "user2@localhost")
    assert {(row["list"], row["pattern"], row["kind"], row["source"], row["note"]) for row in rows} == {
        ("deny", "bad@a.example", "address", "manual", "spam"),
        ("deny", "@b.example", "domain", "manual", "spam"),
        ("deny", "keyword:casino", "keyword", "manual", "spam"),
    }
    for row in rows:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", row["added"])
        assert (row["hits"], row["last_hit"]) == (0, None)
    assert either.json("account", "list")[0]["denied"] == 3
    either.done("forget", "user2@localhost", "@b.example", "--list", "deny")
    assert "keyword:nothing" in either.refused("forget", "user2@localhost", "keyword:nothing")
    either.refused("forget", "user2@localhost", "bad@a.example", "--list", "allow")
    either.refused("deny", "user2@localhost", "casino")
    either.refused("deny", "user2@localhost", "*")
    assert len(either.json("entries", "user2@localhost")) == 2


def test_check_exits_zero_for_both_verdicts(either):
    either.done("account", "add", "user2@localhost")
    either.done("deny", "user2@localhost", "user1@localhost")
    assert either.json("check", "USER1@localhost", "user2@localhost") == {
        "verdict": "refuse",
        "because": "entry",
        "account": "user2@localhost",
        "entry": {"scope": "user2@localhost", "list": "deny", "pattern": "user1@localhost"},
        "would": None,
    }
    for sender, recipient, verdict, because in (
        ("user3@localhost", "user2@localhost", "accept", "none"),
        ("", "user2@localhost", "accept", "exempt"),
        ("<>", "user2@localhost", "accept", "exempt"),
        ("user1@localhost", "postmaster@localhost", "accept", "exempt"),
        ("user1@localhost", "user2@elsewhere.example", "refuse", "relay"),
    ):
        found = either.json("check", sender, recipient)
        assert (found["verdict"], found["because"]) == (verdict, because)
    assert "user1@localhost" in either.done("check", "user1@localhost", "user2@localhost")
    either.refused("check", "no address", "user2@localhost")


def test_check_tells_what_an_open_gate_keeps_from_happening(home):
    with home.gate("--state", "open"):
        home.done("deny", "*", "bad@a.example")
        home.done("account", "add", "user2@localhost")
        found = home.json("check", "bad@a.example", "user2@localhost")
        assert (found["verdict"], found["because"], found["would"]) == ("accept", "open", "refuse")


# ---------------------------------------------------------------- history


def test_undo_and_redo_are_shared_and_last(home):
    home.done("account", "add", "user2@localhost")
    with home.gate():
        home.done("deny", "user2@localhost", "a@b.example")
        rows = home.json("history")
        assert [(row["by"], row["undone"]) for row in rows] == [("cli", False), ("cli", False)]
        assert "a@b.example" in rows[0]["text"]
    home.done("undo")
    assert home.json("entries", "user2@localhost") == []
    assert home.json("history")[0]["undone"] is True
    with home.gate():
        home.done("redo")
        assert len(home.json("entries", "user2@localhost")) == 1
        home.refused("redo")
        number = home.json("history")[0]["id"]
        assert home.json("undo", str(number))["change"]["id"] == number
    home.done("undo")
    home.refused("undo")
    home.refused("undo", "999")
    assert home.run("undo", "x").returncode == 2
    assert home.json("account", "list") == []


# ---------------------------------------------------------------- saved mail


def test_import_changes_nothing_until_it_is_applied(either, tmp_path):
    mbox = tmp_path / "junk.mbox"
    mbox.write_text(SPAM)
    found = either.json("import", str(mbox))
    assert (found["messages"], found["unreadable"], found["applied"]) == (3, 0, 0)
    assert found["accounts"][0]["account"] == "user2@localhost"
    assert found["accounts"][0]["candidates"][0]["suggested"] is True
    assert either.json("account", "list") == []
    assert "--apply" in either.done("import", str(mbox))
    applied = either.json("import", str(mbox), "--apply")
    assert applied["applied"] == 1
    assert either.json("import", str(mbox), "--apply")["applied"] == 0
    rows = either.json("entries", "user2@localhost")
    assert [(row["source"], row["origin"]) for row in rows] == [("import", "junk.mbox")]
    assert len(either.json("history")) == 1
    either.done("undo")
    assert either.json("account", "list") == []
    assert "is not there" in either.refused("import", str(tmp_path / "none"))


def test_survey_tells_a_line_each_and_takes_its_context(home, tmp_path):
    mbox = tmp_path / "junk.mbox"
    mbox.write_text(SPAM)
    context = (
        '{"accounts":["user2@localhost"],"domains":["localhost"],"allowed":[],"known":["win@lotto.example"],"x":1}'
    )
    lines = [
        json.loads(line)
        for line in home.done("survey", "--json", "--context", "-", str(mbox), stdin=context).splitlines()
    ]
    assert [next(iter(line)) for line in lines][-1] == "done"
    assert lines[-1]["done"] == {"messages": 3, "unreadable": 0}
    assert lines[0]["progress"]["of"] == len(SPAM)
    candidates = [line["candidate"] for line in lines if "candidate" in line]
    assert [(each["account"], each["suggested"]) for each in candidates] == [("user2@localhost", False)]
    file = tmp_path / "context.json"
    file.write_text(context)
    assert home.done("survey", "--json", "--context", str(file), str(mbox)).splitlines()[-1] == (
        '{"done":{"messages":3,"unreadable":0}}'
    )
    assert "lotto.example" in home.done("survey", str(mbox))
    file.write_text("{")
    assert "context" in home.refused("survey", "--json", "--context", str(file), str(mbox))


@pytest.mark.parametrize("account", ["bogus", "a b@localhost", "", "<>", "@localhost", "a@b@c"])
def test_an_account_that_cannot_be_is_one_line_before_anything_is_read(home, tmp_path, account):
    mbox = tmp_path / "junk.mbox"
    mbox.write_text(SPAM)
    for command in (("survey",), ("survey", "--json"), ("import",), ("import", "--apply", "--json")):
        home.refused(*command, str(mbox), "--account", account)
    assert home.json("account", "list") == []


def test_the_account_of_messages_that_tell_none(home, tmp_path):
    mbox = tmp_path / "junk.mbox"
    mbox.write_text("From x@y Mon Mar  2 12:54:00 2026\nReturn-Path: <win@lotto.example>\nSubject: Won\n\nMoney.\n")
    assert home.json("import", str(mbox))["accounts"][0]["account"] is None
    found = home.json("import", str(mbox), "--account", "<User2@LOCALHOST>")
    assert found["accounts"][0]["account"] == "user2@localhost"


# ---------------------------------------------------------------- output


def test_help_version_and_wrong_usage(home):
    assert home.done("--version") == f"irusu-gate {__version__}\n"
    assert "Usage: irusu-gate" in home.done("--help")
    for arguments in (
        ("nothing",),
        ("account", "add"),
        ("deny", "*"),
        ("log", "--since", "yesterday"),
        ("status", "x"),
    ):
        found = home.run(*arguments)
        assert found.returncode == 2, found
        assert found.stdout == ""
        assert "Traceback" not in found.stderr


def test_control_and_bidi_characters_never_reach_a_terminal(home, tmp_path):
    home.done("account", "add", "user2@localhost", "--given-to", "Shop")
    home.refused("account", "set", "user2@localhost", "--given-to", "evil\x1b[2J\u202eshop")
    mbox = tmp_path / "junk\x1b[31m.mbox"
    mbox.write_text(SPAM.replace("win@lotto.example", "wi\u202en@lotto.example"))
    for arguments in (("import", str(mbox)), ("import", str(mbox), "--json"), ("survey", str(mbox), "--json")):
        found = home.run(*arguments)
        assert found.returncode == 0
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", found.stdout + found.stderr)
    line = home.refused("check", "a\x1b[2J@b", "user2@localhost")
    assert "\x1b" not in line


def test_a_terminal_of_another_encoding_gets_the_same_document(home):
    home.done("deny", "*", "@münchen.example")
    for arguments in (("entries", "*"), ("entries", "*", "--json"), ("history",)):
        found = home.run(*arguments, PYTHONUTF8="0", PYTHONIOENCODING="ascii")
        assert found.returncode == 0, found
        assert found.stdout.isascii()
    found = home.run("entries", "*", "--json", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert json.loads(found.stdout)[0]["pattern"] == "@münchen.example"


def test_text_that_is_no_utf8_is_wrong_usage(home):
    found = subprocess.run(
        [*map(os.fsencode, COMMAND), b"check", b"\xff@b", b"c@d"],
        env=home.environment,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert found.returncode == 2
    assert b"Traceback" not in found.stderr


def test_a_reader_that_goes_away_is_no_error_of_ours(home):
    home.done("deny", "*", *(f"{number}@a.example" for number in range(2000)))
    with subprocess.Popen(
        [*COMMAND, "entries", "*", "--json"], env=home.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_pages_make_one_list(either):
    either.done("deny", "*", *(f"{number}@a.example" for number in range(1500)))
    assert len(either.json("entries", "*")) == 1500


def test_entries_with_long_notes_fit_into_messages_all_the_same(home):
    with home.gate():
        note = "迷" * 2000
        home.done("deny", "*", *(f"{number}@a.example" for number in range(900)), "--note", note)
        rows = home.json("entries", "*")
    assert sorted(row["pattern"] for row in rows) == sorted(f"{number}@a.example" for number in range(900))
    assert {row["note"] for row in rows} == {note}


def test_a_command_that_finds_a_gate_stays_light(home):
    with home.gate():
        for arguments in (("status",), ("account", "list"), ("deny", "*", "a@b.example"), ("log",)):
            loaded = imports(home, *arguments)
            assert not {"sqlalchemy", "alembic", "re2", "gate.store", "asyncio", "aiosmtpd"} & loaded, arguments
    assert "sqlalchemy" not in imports(home, "status")


# ---------------------------------------------------------------- two at once


def test_commands_at_the_same_time_all_get_their_turn(home):
    home.done("account", "add", "user2@localhost")
    running = [
        subprocess.Popen(
            [*COMMAND, "deny", "user2@localhost", f"{number}@a.example"],
            env=home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]  # fmt: skip
    for process in running:
        _, said = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, said
    assert len(home.json("entries", "user2@localhost")) == 4


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_status_says_that_a_home_is_somebody_elses(home):
    home.path.mkdir(exist_ok=True)
    data = home.path / "data"
    data.mkdir()
    os.chown(data, 12345, 12345)
    (warning,) = home.json("status")["warnings"]
    assert warning["code"] == "folder.not_yours" and str(data) in warning["text"]
    assert list(data.iterdir()) == []
