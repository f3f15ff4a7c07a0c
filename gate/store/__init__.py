"""The two SQLite files. The only room with SQL; it decides nothing."""
