"""Whether a mail server that Irusu can work with is on this machine. It looks, and touches nothing."""

import os
import shutil
import sys
from pathlib import Path

from gate.config import BUILT_IN, Config
from gate.forms import WayName

CONFIGURATION = ("/etc/postfix", "/usr/local/etc/postfix", "/opt/local/etc/postfix")
ADMIN_PATH = "/usr/sbin:/sbin:/usr/local/sbin"


def postfix_here() -> bool:
    """Whether a Postfix is set up here. MAIL_CONFIG, Postfix's own variable, names the only place to look.

    Every Mac has an /etc/postfix that nobody uses.
    """
    named = os.environ.get("MAIL_CONFIG")
    if named:
        return (Path(named) / "main.cf").is_file()
    places = [place for place in CONFIGURATION if sys.platform != "darwin" or place != "/etc/postfix"]
    if any((Path(place) / "main.cf").is_file() for place in places):
        return True
    return sys.platform != "darwin" and shutil.which("postconf", path=ADMIN_PATH) is not None


def offer(config: Config) -> WayName | None:
    """What to offer an owner who has set no mail server up with Irusu yet."""
    if config.policy.listen or config.gate.deliver != BUILT_IN:
        return None
    return "postfix-policy" if postfix_here() else None
