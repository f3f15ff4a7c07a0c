"""The import assistant: choose saved mail, read it, review what was found, deny it in one go.

It reads no mail itself (parsing would freeze the window: the child process `survey` does it) and decides nothing about
senders: the survey suggests, the owner ticks, the gate applies.
"""
