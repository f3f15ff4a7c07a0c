"""One file a step.

To add one: 1. the file here; 2. its revision at the end of `opening.LOG`; 3. `gate.store.log_tables`.
"""
