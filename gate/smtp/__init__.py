"""The SMTP front: a relay that streams, and that asks the backend for a decoy where a recipient is refused."""
