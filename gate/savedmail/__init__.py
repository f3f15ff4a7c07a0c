"""Saved mail becomes candidates. Only ever reads; knows neither the gate nor its store.

`survey(paths, context)` yields lines, `report(lines)` and `items(report)` make of them what is told and applied.
"""

from gate.savedmail.survey import items, report, survey

__all__ = ["items", "report", "survey"]
