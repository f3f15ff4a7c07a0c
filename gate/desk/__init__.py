"""Everything an owner can ask for, a file a noun. Synchronous: one thread at a time, never the mail path."""
