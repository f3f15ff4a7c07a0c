"""Everything an owner can ask for, a file a noun. Synchronous: called from one thread at a time, never the mail path."""
