"""Saved mail becomes candidates. Only ever reads; knows neither the gate nor its store.

`survey.survey(paths, context)` yields lines, `survey.report(lines)` and `survey.items(report)` make of them what is
told and applied.
"""
