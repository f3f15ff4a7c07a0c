"""What the clone and the wheel promise: pins that are whole, no registry named, a wheel that carries its resources."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gate import __version__

TOP = Path(__file__).parents[2]
LOCKS = sorted((TOP / "packaging" / "requirements").glob("*.txt"))


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pinned_package_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", text)
    assert len(packages) > 20
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text and "--index" not in text


def test_pins_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {
        "gate": project["dependencies"],
        "desktop": project["dependencies"] + project["optional-dependencies"]["desktop"],
        "test": project["dependencies"] + [r for extra in project["optional-dependencies"].values() for r in extra],
    }
    for name, requirements in wanted.items():
        names = {re.split(r"[<>=~;\[ ]", r, maxsplit=1)[0].lower() for r in requirements}
        assert names <= pinned(TOP / "packaging" / "requirements" / f"{name}.txt").keys()


def test_the_three_locks_agree() -> None:
    gate, desktop, test = (pinned(TOP / "packaging" / "requirements" / f"{n}.txt") for n in ("gate", "desktop", "test"))
    assert gate.items() <= desktop.items() <= test.items()
    assert not any(name.startswith(("pyside", "shiboken")) for name in gate)


def test_the_wheel_runs_the_gate_and_carries_its_resources(tmp_path: Path) -> None:
    built = tmp_path / "built"
    source = tmp_path / "source"
    files = subprocess.run(
        ["git", "ls-files", "-z", "app", "gate", "resources", "pyproject.toml", "README.md", "LICENSE"],
        cwd=TOP, check=True, capture_output=True, text=True,
    ).stdout.split("\0")[:-1]  # fmt: skip
    for name in files:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((TOP / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", built, source],
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob("irusu-*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", tmp_path / "site", wheel],
        check=True,
        capture_output=True,
    )
    program = (
        "import gate, gate.folders as f, sys; print(gate.__file__);"
        " print(f.resource('gate.toml').read_text('utf-8')[:0], f.resource('sample/spam.mbox').stat().st_size > 0);"
        " import gate.__main__; sys.argv = ['irusu-gate', 'status']; gate.__main__.main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "IRUSU_HOME": str(tmp_path / "home")}
    told = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert told.startswith(str(tmp_path / "site"))
    assert "True" in told and "not running" in told
    script = tmp_path / "site" / "bin" / "irusu-gate"
    version = subprocess.run([script, "--version"], env=environment, check=True, capture_output=True, text=True).stdout
    assert version == f"irusu-gate {__version__}\n"
    assert (tmp_path / "site" / "bin" / "irusu").exists()


def set_up(program: str, *, path: str) -> "subprocess.CompletedProcess[str]":
    """Runs a line of shell with packaging/setup.sh sourced, and with nothing but `path` to find programs in."""
    script = f'. "{TOP}/packaging/setup.sh"; PATH="{path}"; {program}'
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False)


ASKED = 'install_packages() { fail "would install $*"; }'


def a_clone(place: Path) -> str:
    """The lines that make `place` the clone that is set up; its lock is empty."""
    locks = place / "packaging" / "requirements"
    locks.mkdir(parents=True)
    (locks / "gate.txt").write_text("")
    return f'top="{place}"; venv="{place}/venv"'


def test_missing_libraries_are_named_where_they_cannot_be_installed(tmp_path: Path) -> None:
    told = set_up('need_libraries "libnot-there.so.9 libnot-there9"', path=str(tmp_path))
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.endswith("install them with this system's package manager and start again: libnot-there9\n")


def test_without_python_it_says_what_to_do(tmp_path: Path) -> None:
    told = set_up(
        f'venv="{tmp_path}/venv"; top="{tmp_path}"; install_packages python3 python3-venv', path=str(tmp_path)
    )
    assert told.returncode == 1 and "python3 python3-venv" in told.stderr


def test_a_clone_of_somebody_else_is_one_line(tmp_path: Path) -> None:
    clone = a_clone(tmp_path)
    (tmp_path / ".cache").write_text("")  # no folder can be made there, not by root either
    told = set_up(f"{clone}; set_up gate", path="/usr/bin:/bin")
    assert told.returncode == 1
    assert told.stderr.startswith(f"irusu: {tmp_path} belongs to another user") and told.stderr.count("\n") == 1


UNIT = (TOP / "packaging" / "irusu-gate.service").read_text()


def test_the_service_names_what_there_is() -> None:
    keys = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line and not line.startswith("#"))
    start, *words = keys["ExecStart"].split()
    assert start.endswith("/packaging/start") and (TOP / "packaging" / "start").is_file()
    assert words.pop(0) == "gate"
    subprocess.run([sys.executable, "-m", "gate", *words, "--help"], cwd=TOP, capture_output=True, check=True)
    home = keys["Environment"].removeprefix("IRUSU_HOME=")
    assert home == f"/var/lib/{keys['StateDirectory']}"
    assert keys["AmbientCapabilities"] == keys["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"


def test_the_service_comes_after_a_mail_server_and_needs_none() -> None:
    assert "\nAfter=postfix.service exim4.service opensmtpd.service\n" in UNIT
    assert not re.search(r"^(Requires|BindsTo|PartOf|Requisite)=", UNIT, re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_service(tmp_path: Path) -> None:
    unit = tmp_path / "irusu-gate.service"
    unit.write_text(UNIT.replace("/opt/irusu/packaging/start", str(TOP / "packaging" / "start")))
    told = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (told.returncode, [line for line in told.stderr.splitlines() if "irusu-gate" in line]) == (0, [])


def started(*arguments: str) -> str:
    """The one line of a start that goes no further, without a display."""
    shown = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    start = ["/bin/bash", str(TOP / "packaging" / "start"), *arguments]
    told = subprocess.run(start, env=shown, capture_output=True, text=True, check=False)
    assert told.returncode and told.stdout == "" and told.stderr.count("\n") == 1
    return told.stderr.replace(str(TOP), ".")


@pytest.mark.skipif(sys.platform == "win32", reason="a script of the shell's")
def test_a_word_that_is_no_file_is_told_the_right_forms() -> None:
    line = "irusu: there is no file status; to open the app: {0} [FILE…], for a command: {0} gate status --json\n"
    assert started("status", "--json") == line.format("./packaging/start")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a window needs no DISPLAY")
def test_files_without_a_display_are_not_passed_over(tmp_path: Path) -> None:
    line = "irusu: there is no display here, so the window cannot open; to import from here: {} gate import {}\n"
    assert started(str(tmp_path)) == line.format("./packaging/start", tmp_path)


def test_an_old_python_is_told(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/bash\nif [ "$1" = --version ]; then echo Python 3.10.9; fi\nexit 1\n')
    old.chmod(0o755)
    clone = a_clone(tmp_path)
    path = f"{tmp_path}:/usr/bin:/bin"
    told = set_up(f"{clone}; find_pythons() {{ return 1; }}; set_up gate", path=path)
    assert told.returncode == 1
    assert "Python 3.10.9 is too old: Irusu needs Python 3.11 or newer" in told.stderr


def a_python(path: Path, *, does: str = "echo True") -> Path:
    """A program that is taken for a Python that will do, unless `does` says otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{does}\n")
    path.chmod(0o755)
    return path


def pythons(system: Path, path: Path, *, on: str = "Linux", named: str = "") -> list[str]:
    """What set-up would take, the best first."""
    told = set_up(
        f'system={on}; system_python="{system}"; IRUSU_PYTHON="{named}"; find_pythons; printf "%s\n" "${{pythons[@]}}"',
        path=str(path),
    )
    return told.stdout.split()


def test_linux_prefers_its_own_python(tmp_path: Path) -> None:
    own, other = a_python(tmp_path / "own" / "python3"), a_python(tmp_path / "other" / "python3")
    assert pythons(own, other.parent) == [str(own), str(other)]
    assert pythons(own, own.parent) == [str(own)]
    a_python(own, does="exit 1")  # too old
    assert pythons(own, other.parent) == [str(other)]
    assert pythons(tmp_path / "none", other.parent) == [str(other)]


def test_a_mac_never_runs_the_python_that_may_be_a_stub(tmp_path: Path) -> None:
    stub = a_python(tmp_path / "own" / "python3", does=f"echo run >>{tmp_path}/run")
    other = a_python(tmp_path / "other" / "python3.12")
    assert pythons(stub, Path(f"{stub.parent}:{other.parent}"), on="Darwin") == [str(other)]
    told = set_up(
        f'system=Darwin; system_python="{stub}"; {a_clone(tmp_path)}; find_pythons() {{ return 1; }}; {ASKED};'
        " set_up gate",
        path=f"{stub.parent}:/usr/bin:/bin",
    )
    assert (told.returncode, told.stderr) == (1, "irusu: would install python3 python3-venv\n")
    assert not (tmp_path / "run").exists()


def test_the_python_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    own, other = a_python(tmp_path / "own" / "python3"), a_python(tmp_path / "other" / "python3")
    mine = a_python(tmp_path / "mine" / "python3.13")
    assert pythons(own, other.parent, named=str(mine)) == [str(mine)]
    a_python(mine, does="exit 1")
    told = set_up(f'{a_clone(tmp_path)}; IRUSU_PYTHON="{mine}"; set_up gate', path=f"{other.parent}:/usr/bin:/bin")
    assert told.returncode == 1
    assert told.stderr == f"irusu: IRUSU_PYTHON is {mine}, which is no Python 3.11 or newer\n"


def test_a_python_that_can_make_no_environment_gives_way_to_the_next(tmp_path: Path) -> None:
    bare = a_python(tmp_path / "bare" / "python3", does="exit 1")
    whole = a_python(tmp_path / "whole" / "python3", does='[ "$2" = pip ] || install -D "$0" "$3/bin/python"')
    make = f'top="{tmp_path}"; venv="{tmp_path}/venv"; borrow_pip() {{ return 1; }}; {ASKED}; make_venv'
    told = set_up(f'pythons=("{bare}" "{whole}"); {make}', path="/usr/bin:/bin")
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert (tmp_path / "venv" / "bin" / "python").exists()
    told = set_up(f'pythons=("{bare}"); {make}', path="/usr/bin:/bin")
    assert (told.returncode, told.stderr) == (1, "irusu: would install python3-venv\n")


def test_an_environment_that_is_set_up_keeps_its_python(tmp_path: Path) -> None:
    a_python(tmp_path / "venv" / "bin" / "python")
    told = set_up(
        f'{a_clone(tmp_path)}; echo "$(cksum <"$top/packaging/requirements/gate.txt") $top" >"$venv/.irusu-gate";'
        ' find_pythons() { fail "sought"; }; IRUSU_PYTHON=/nowhere/python3; set_up gate',
        path="/usr/bin:/bin",
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="blocks for a shell")
def test_what_the_readme_has_for_the_shell_can_be_pasted() -> None:
    text = (TOP / "README.md").read_text("utf-8")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 4 and not re.search(r"^ *\$ ", text, re.MULTILINE)
    for block in blocks:
        assert subprocess.run(["/bin/bash", "-n", "-c", block], capture_output=True, check=False).stderr == b""
        for line in block.splitlines():
            assert re.match(r" *(\./packaging/\w+|irusu-gate|swaks) ", f"{line.partition('#')[0]} "), line
