"""How is evidence about a model made, whoever keeps it?

`suites` says what is wanted; `subjects` and `data` bring what is tested; each runner (`evaluate`, `fairness`,
`robustness`, `explain`, `artifact_scan`, `prompt_injection`, `imports`) has one function `run` that returns a `Report`.
"""

from tenure_evidence.measures import Interval, Metric
from tenure_evidence.reports import Report, read_report
from tenure_evidence.suites import Suite, parse_suite, read_suite, suite_schema
from tenure_evidence.verdicts import Finding, Rigour, Threshold, Verdict, judge, worst

__all__ = [
    "Finding",
    "Interval",
    "Metric",
    "Report",
    "Rigour",
    "Suite",
    "Threshold",
    "Verdict",
    "judge",
    "parse_suite",
    "read_report",
    "read_suite",
    "suite_schema",
    "worst",
]
