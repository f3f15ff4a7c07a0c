"""Beside a Postfix: the header tells that it was never asked, and that nothing is closed while the gate is stopped."""

import socket
from collections.abc import Callable

from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.state import LinkState
from tests.desktop.seeing import SECONDS, Seen
from tests.wire.gate_process import Home, free_port

StartApp = Callable[..., Desktop]
QUESTION = (
    b"request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a@b.example\nrecipient=c@own.example\n"
    b"client_address=192.0.2.7\nhelo_name=x\n\n"
)


def test_the_first_question_of_postfix_shows_at_once(home: Home, start_app: StartApp, qtbot: QtBot) -> None:
    port = free_port()
    (home.path / "config" / "gate.toml").write_text(
        f'[gate]\nlisten = []\ndomains = ["own.example"]\n[policy]\nlisten = ["127.0.0.1:{port}"]\n'
        'reply = "550 5.1.1 User unknown"\n'
    )
    with home.gate("--state", "guarding", listen=None):
        see = Seen(qtbot, start_app())
        sentence = see.window.header._sentence
        see.until(lambda: see.client.state is LinkState.GUARDING and "has not asked yet" in sentence.text())
        with socket.create_connection(("127.0.0.1", port), SECONDS) as postfix:
            postfix.sendall(QUESTION)
            assert postfix.recv(999) == b"action=DUNNO\n\n"
        see.until(lambda: sentence.text().startswith("Listed senders hear"))
        home.done("stop")
        see.until(lambda: sentence.text() == "No mail comes in through Irusu; Postfix goes on.")
