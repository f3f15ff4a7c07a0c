"""The very lines that a mail server and gate.toml need for each other. Pure: it looks nothing up and writes nothing.

A test feeds each of them, exactly as it is here, to the real server.

To add a way: 1. its name in `gate.forms.setup.WayName`; 2. its function in `_WAYS`; 3. a test in
tests/servers/test_lines_servers.py; 4. its words for the window in `app/dialogs/setup.py`.
"""

import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from gate.config import BUILT_IN, Config
from gate.endpoint import join_address, split_address
from gate.forms import SetupLines, Snippet, Way, WayName

POLICY = "127.0.0.1:10040"
BEHIND = "127.0.0.1:10025"
"""Where a server listens for the gate that has taken its port 25."""
TIMEOUT_SECONDS = 5
"""What a gate that hangs costs at each recipient. One that answers needs less than a thousandth of it."""


class _Setup:
    """What gate.toml says, and what the lines say where it says nothing."""

    def __init__(self, config: Config, policy: Sequence[str]) -> None:
        gate = config.gate
        target = "" if gate.deliver == BUILT_IN else urlsplit(gate.deliver).netloc
        wanted = [text for text in (*policy, *config.policy.listen) if split_address(text)[1]]
        self.domains = json.dumps(gate.domains or ["example.org"], ensure_ascii=False)
        self.listed = f"listed = {json.dumps(gate.listed, ensure_ascii=False)}\n" if gate.listed else ""
        self.policy = _reachable(wanted[0]) if wanted else POLICY
        self.asked = gate.deliver if target else "smtp://127.0.0.1:25"
        apart = target and not target.endswith(":25") and not config.policy.listen
        self.behind = target if apart and ":" in target else BEHIND
        self.listen = json.dumps(gate.listen if target and gate.listen else ["0.0.0.0:25"])

    @property
    def behind_host(self) -> str:
        return self.behind.rpartition(":")[0]

    @property
    def behind_port(self) -> str:
        return self.behind.rpartition(":")[2]


def setup_lines(config: Config, *, policy: Sequence[str] = (), offer: WayName | None = None) -> SetupLines:
    """All ways; the one on offer, or else the one beside Postfix, comes first. `policy`: where the policy port is open,
    if it is."""
    found = [make(_Setup(config, policy)) for make in _WAYS]
    return SetupLines(ways=found, offer=offer)


def _reachable(address: str) -> str:
    """An address to connect to, for one that is listened at."""
    host, port = split_address(address)
    return join_address({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104 (it is taken off)


def _beside_postfix(setup: _Setup) -> Way:
    toml = (
        f"[gate]\nlisten = []\ndomains = {setup.domains}\n{setup.listed}"
        f'deliver = "{setup.asked}"\n\n[policy]\nlisten = ["{setup.policy}"]\n'
    )
    main = (
        "smtpd_recipient_restrictions =\n    permit_mynetworks,\n    permit_sasl_authenticated,\n"
        "    reject_unauth_destination,\n"
        f"    check_policy_service {{ inet:{setup.policy}, timeout={TIMEOUT_SECONDS}s, try_limit=1, "
        "default_action=DUNNO }\ndisable_vrfy_command = yes\n"
    )
    return Way(
        name="postfix-policy",
        title="Beside Postfix: it asks Irusu about each recipient. No mail passes Irusu, no port is moved.",
        snippets=[
            Snippet(
                file="gate.toml",
                lines=toml,
                note="In the place of these keys where the file has them. domains: those that this Postfix takes mail "
                "for. deliver: where Irusu asks it, at start and hourly, how it refuses a missing account.",
            ),
            Snippet(
                file="main.cf",
                lines=main,
                note="Where main.cf has smtpd_recipient_restrictions already, keep yours and put check_policy_service "
                "at its very end, behind reject_unauth_destination: only so does a denied sender meet all that a "
                "missing account meets. (VRFY would tell who exists.) Where Irusu is gone or hangs, mail flows as "
                "without it.",
            ),
        ],
        after="Start the gate anew, then: postfix reload",
    )


def _front(setup: _Setup, note: str = "") -> Snippet:
    toml = f"[gate]\nlisten = {setup.listen}\ndomains = {setup.domains}\n{setup.listed}"
    toml += f'deliver = "smtp://{setup.behind}"\n'
    told = "In the place of these keys where the file has them. domains: those that this server takes mail for."
    return Snippet(file="gate.toml", lines=toml, note=note or told)


def _before_postfix(setup: _Setup) -> Way:
    master = (
        f"{setup.behind} inet n - n - - smtpd\n    -o smtpd_upstream_proxy_protocol=haproxy\n"
        "    -o syslog_name=postfix/irusu\n"
    )
    return Way(
        name="postfix",
        title="In front of Postfix: mail comes in at Irusu, which hands it on.",
        snippets=[
            _front(setup),
            Snippet(
                file="master.cf",
                lines=master,
                note="Put a # before the line that begins with 'smtp inet': its port is Irusu's now. mynetworks may "
                "stay as it is: Irusu tells the true client's address by the PROXY protocol, and Postfix goes by that. "
                "Without it Postfix would take everybody for 127.0.0.1, which is in mynetworks, and relay for the "
                "world; Irusu tries that before it opens its port.",
            ),
        ],
        after="postfix reload, then start the gate anew",
    )


def _before_exim(setup: _Setup) -> Way:
    main = (
        f"local_interfaces = {setup.behind_host}.{setup.behind_port}\n"
        f"hosts_proxy = ${{if ={{$received_port}}{{{setup.behind_port}}}{{127.0.0.1}}}}\n"
    )
    return Way(
        name="exim",
        title="In front of Exim: mail comes in at Irusu, which hands it on.",
        snippets=[
            _front(setup),
            Snippet(
                file="exim.conf",
                lines=main,
                note="In the main section (Debian: a file in /etc/exim4/conf.d/main, and exim4-daemon-heavy: the light "
                "one knows no PROXY protocol). They take the place of local_interfaces and daemon_smtp_ports; other "
                "ports of yours follow the first, as in: " + f"{setup.behind_host}.{setup.behind_port} : 0.0.0.0.587",
            ),
        ],
        after="Restart Exim, then start the gate anew",
    )


def _before_opensmtpd(setup: _Setup) -> Way:
    return Way(
        name="opensmtpd",
        title="In front of OpenSMTPD: mail comes in at Irusu, which hands it on.",
        snippets=[
            _front(setup),
            Snippet(
                file="smtpd.conf",
                lines=f"listen on {setup.behind_host} port {setup.behind_port} proxy-v2\n",
                note="It takes the place of the listen line for port 25, which is Irusu's now.",
            ),
        ],
        after="Restart smtpd, then start the gate anew",
    )


_WAYS: tuple[Callable[[_Setup], Way], ...] = (_beside_postfix, _before_postfix, _before_exim, _before_opensmtpd)
