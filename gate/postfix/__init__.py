"""The policy front: a Postfix asks about each recipient (`check_policy_service`, Postfix's SMTPD_POLICY_README).

    codec.py      pure: the octets of a connection in, whole requests out
    asked.py      pure: what a request asks about, and every own address that its recipient may be
    refusal.py    pure: a refusal as an action, learnt from a reply of Postfix's own
    learning.py   asks the Postfix for that reply, at start and hourly
    rows.py       what was decided, as rows of the log
    server.py     listens, decides, answers

No mail passes here. It says DUNNO ("whatever you would do") to all that is not to be refused, never OK, so that it can
open nothing, and never DEFER, so that it can hold up nothing.
"""
