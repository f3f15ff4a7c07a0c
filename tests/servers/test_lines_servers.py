"""What `irusu-gate lines` prints, fed to the real servers exactly as it is printed. (The way beside Postfix: see
test_policy_servers.)"""

from collections.abc import Callable

from gate import config
from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.policy import lines_of
from tests.servers.postfix import Postfix
from tests.servers.process import free_ports, wait_for_ports
from tests.servers.twin import each_on_its_own, session, twins
from tests.wire.gate_process import Home

Start = Callable[..., Postfix | Exim | OpenSmtpd]


def front(home: Home, way: str) -> int:
    """gate.toml as it is printed, but for ports that are free here; tells where the server is to listen."""
    mail, behind = free_ports(2)
    file = home.path / "config" / "gate.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f'[gate]\nlisten = ["127.0.0.1:{mail}"]\ndomains = ["virtual.test"]\ndeliver = "smtp://127.0.0.1:{behind}"\n'
    )
    file.write_text(lines_of(home, way, "gate.toml"))
    return behind


def plays_twins(home: Home, server: Postfix | Exim | OpenSmtpd, behind: int) -> None:
    wait_for_ports(server.process, behind)
    home.done("account", "add", "user2@virtual.test")
    home.done("deny", "user2@virtual.test", "spam@bad.example")
    with home.gate(listen=None) as gate:
        status = gate.status()
        assert (status["state"], status["warnings"]) == ("guarding", [])
        for domain in (b"virtual.test", b"elsewhere.example"):
            told = twins(gate.port, lambda name, to=domain: each_on_its_own(session(b"RCPT TO:<%b@%b>" % (name, to))))
            assert b"\n55" in told
        (row, *_) = [row for row in home.json("log") if row["because"] == "entry"]
        assert row["front"] == "smtp"


def test_in_front_of_postfix(home: Home, start_postfix: Callable[..., Postfix]) -> None:
    behind = front(home, "postfix")
    plays_twins(home, start_postfix(master_lines=lines_of(home, "postfix", "master.cf")), behind)


def test_in_front_of_exim(home: Home, start_exim: Callable[..., Exim]) -> None:
    behind = front(home, "exim")
    plays_twins(home, start_exim(lines=lines_of(home, "exim", "exim.conf")), behind)


def test_in_front_of_opensmtpd(home: Home, start_opensmtpd: Callable[..., OpenSmtpd]) -> None:
    behind = front(home, "opensmtpd")
    plays_twins(home, start_opensmtpd(lines=lines_of(home, "opensmtpd", "smtpd.conf")), behind)


def test_without_any_settings_every_way_is_a_whole_gate_toml(home: Home) -> None:
    for way in home.json("lines")["ways"]:
        (toml,) = [snippet["lines"] for snippet in way["snippets"] if snippet["file"] == "gate.toml"]
        found = config.parse(toml, "gate.toml")
        assert found.gate.deliver.startswith("smtp://127.0.0.1:") and found.gate.domains == ["example.org"]
        assert bool(found.gate.listen) != bool(found.policy.listen)
