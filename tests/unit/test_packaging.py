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
    locks = tmp_path / "packaging" / "requirements"
    locks.mkdir(parents=True)
    (locks / "gate.txt").write_text("")
    (tmp_path / ".cache").write_text("")  # no folder can be made there, not by root either
    told = set_up(f'top="{tmp_path}"; venv="{tmp_path}/venv"; set_up gate', path="/usr/bin:/bin")
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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_service(tmp_path: Path) -> None:
    unit = tmp_path / "irusu-gate.service"
    unit.write_text(UNIT.replace("/opt/irusu/packaging/start", str(TOP / "packaging" / "start")))
    told = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (told.returncode, [line for line in told.stderr.splitlines() if "irusu-gate" in line]) == (0, [])


def test_an_old_python_is_told(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/bash\nif [ "$1" = --version ]; then echo Python 3.10.9; fi\nexit 1\n')
    old.chmod(0o755)
    locks = tmp_path / "packaging" / "requirements"
    locks.mkdir(parents=True)
    (locks / "gate.txt").write_text("")
    path = f"{tmp_path}:/usr/bin:/bin"
    told = set_up(f'top="{tmp_path}"; venv="{tmp_path}/venv"; find_python() {{ return 1; }}; set_up gate', path=path)
    assert told.returncode == 1
    assert "Python 3.10.9 is too old: Irusu needs Python 3.11 or newer" in told.stderr
