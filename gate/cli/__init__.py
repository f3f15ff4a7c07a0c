"""The command line `irusu-gate`, a file a noun."""
