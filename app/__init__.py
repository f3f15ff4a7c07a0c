"""The desktop app: a client of the gate. It holds no mail logic and opens no database."""
