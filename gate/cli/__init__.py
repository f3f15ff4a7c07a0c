"""The command line `irusu-gate`, a file a noun.

Light to import: a command that finds a running gate never loads the store. `link.py` decides which way a call goes.

To add a command: 1. a function in the file of its noun, with `register`; 2. that file in `main.NOUNS`.
"""
