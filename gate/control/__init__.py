"""The local socket through which the app and the command line own the gate. This file stays empty of imports:
the app imports `messages` and `codec` alone."""
