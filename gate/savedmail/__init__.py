"""Saved mail becomes candidates. Only ever reads; knows neither the gate nor its store."""
