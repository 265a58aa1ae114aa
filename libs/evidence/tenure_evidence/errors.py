"""What can keep evidence from being made, each with what to do about it?"""


class EvidenceError(Exception):
    """Evidence could not be made. The message says what to change."""


class RunnerUnavailable(EvidenceError):
    """A runner's tool is not installed."""

    def __init__(self, tool: str, extra: str) -> None:
        super().__init__(f"{tool} is not installed: pip install 'tenure[{extra}]'")


class SuiteRefused(EvidenceError):
    """A suite can't be read, or asks for what can't be done."""


class DataRefused(EvidenceError):
    """A data set can't be read, or is not what the suite says."""


class ToolFailed(EvidenceError):
    """A tool ended without a report."""


class ReportRefused(EvidenceError):
    """A report can't be read, or contradicts itself."""


class Untrusted(EvidenceError):
    """Foreign code would have to run, and nobody allowed it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} runs its author's code here; pass trust=True if you would run a program of theirs")
