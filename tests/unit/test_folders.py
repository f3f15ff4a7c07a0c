"""Where things are, whose they may be, and where a socket goes whose path is too long."""

import os
import stat
from pathlib import Path

import pytest

from gate import folders
from gate.folders import PATH_LIMIT, FolderError

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_folder_holds_all(monkeypatch, tmp_path):
    monkeypatch.setenv("IRUSU_HOME", str(tmp_path / "home"))
    found = folders.find()
    found.make()
    assert found.config_file == tmp_path / "home" / "config" / "gate.toml"
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["config", "data", "log", "run"]
    assert found.socket_places() == [tmp_path / "home" / "run" / "control.sock"]
    assert found.socket_to_open() == found.socket_places()[0]


@posix
def test_folders_are_private_also_where_they_were_not(monkeypatch, tmp_path):
    monkeypatch.setenv("IRUSU_HOME", str(tmp_path))
    (tmp_path / "run").mkdir(mode=0o755)
    found = folders.find()
    found.make()
    assert {mode(folder) for folder in (found.run, found.data, found.config, found.log)} == {0o700}


@posix
def test_without_a_home_the_gate_is_sought_in_the_own_runtime_folder_alone(monkeypatch, tmp_path):
    monkeypatch.delenv("IRUSU_HOME", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    found = folders.find()
    assert found.socket_places() == [found.run / "control.sock"]


def test_a_named_socket_is_the_only_place(monkeypatch, tmp_path):
    monkeypatch.delenv("IRUSU_HOME", raising=False)
    assert folders.find(tmp_path / "s").socket_places() == [tmp_path / "s"]


@posix
def test_a_long_path_goes_to_a_short_private_folder_and_back(monkeypatch, tmp_path):
    home = tmp_path / ("x" * 150)
    monkeypatch.setenv("IRUSU_HOME", str(home))
    found = folders.find()
    found.make()
    assert found.socket_places() == []
    path = found.socket_to_open()
    assert len(os.fsencode(path)) <= PATH_LIMIT
    assert mode(path.parent) == 0o700
    assert found.socket_places() == [path]
    assert found.socket_to_open() == path, "a gate that was killed leaves it to the next"
    path.write_text("")
    found.forget_socket()
    assert not path.parent.exists()
    assert not found.socket_note.exists()


@posix
@pytest.mark.parametrize("note", ["", "relative/control.sock", "/" + "y" * 200 + "/control.sock", "\0"])
def test_a_note_that_is_none_is_not_followed(monkeypatch, tmp_path, note):
    monkeypatch.setenv("IRUSU_HOME", str(tmp_path / ("x" * 150)))
    found = folders.find()
    found.make()
    found.socket_note.write_text(note)
    assert found.socket_places() == []


@posix
def test_a_noted_folder_that_others_may_enter_is_not_used(monkeypatch, tmp_path):
    monkeypatch.setenv("IRUSU_HOME", str(tmp_path / ("x" * 150)))
    found = folders.find()
    found.make()
    first = found.socket_to_open()
    first.parent.chmod(0o777)
    second = found.socket_to_open()
    assert second.parent != first.parent
    first.parent.rmdir()
    found.forget_socket()


@posix
def test_the_gate_notes_its_socket_for_whoever_has_the_same_data(monkeypatch, tmp_path):
    monkeypatch.setenv("IRUSU_HOME", str(tmp_path))
    found = folders.find(tmp_path / "elsewhere" / "gate.sock")
    found.make()
    path = found.socket_to_open()
    assert folders.find().socket_places() == [tmp_path / "run" / "control.sock", path]
    assert found.socket_places() == [path]
    found.forget_socket()
    assert path.parent.is_dir()
    assert folders.find().socket_places() == [tmp_path / "run" / "control.sock"]


@posix
def test_a_note_of_another_place_is_no_short_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("IRUSU_HOME", str(tmp_path / ("x" * 150)))
    found = folders.find()
    found.make()
    mine = tmp_path / "m" / "control.sock"
    mine.parent.mkdir(mode=0o700)
    found.socket_note.write_text(str(mine))
    assert found.socket_to_open() != mine
    found.forget_socket()
    assert mine.parent.is_dir()


@posix
def test_a_named_socket_that_is_too_long_is_an_error():
    with pytest.raises(FolderError, match="longer than 100 bytes"):
        folders.find("/" + "x" * 120).socket_to_open()


def test_a_home_that_is_a_file_is_one_line(monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.write_text("")
    monkeypatch.setenv("IRUSU_HOME", str(home))
    with pytest.raises(FolderError, match="is not a folder"):
        folders.find().make()
    assert home.read_text() == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_somebody_else_is_not_touched(monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, 12345)
    monkeypatch.setenv("IRUSU_HOME", str(home))
    with pytest.raises(FolderError, match="belongs to another user"):
        folders.find().make()
    assert list(home.iterdir()) == []


def test_a_home_that_cannot_be_written_is_one_line(monkeypatch, refusable):
    home = refusable / "home"
    home.mkdir(mode=0o500)
    monkeypatch.setenv("IRUSU_HOME", str(home))
    with pytest.raises(FolderError, match="cannot be used"):
        folders.find().make()


def test_resources_are_found():
    assert folders.resource("gate.toml").is_file()
