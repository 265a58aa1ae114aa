"""How is the demo told: one line for each thing that happened, on a terminal of any width and in a pipe?"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from tenure.consumer import Event

FACTS = {
    "model_version": "version {}",
    "stage": "{}",
    "change_class": "{}",
    "verdict": "{}",
    "consumer": "{}",
    "task": "{}",
    "release": "{}",
    "step": "step {}",
    "weight_percent": "{:g}%",
    "context": "{}",
    "age_seconds": "{:.0f} s old",
}
EVENT_COLUMNS, STREAM_COLUMNS = 18, 26
INDENT = " " * 12  # under the events' names
ALARMING = frozenset({"sla-breached", "source-schema-changed", "rollout-paused", "rollout-aborted"})


class Teller:
    """What is too long for a terminal ends in an ellipsis; a pipe gets all of it, and no colours."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: Text) -> None:
        """One line, whatever is in it."""
        if self._console.is_terminal:
            self._console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            self._console.print(text, soft_wrap=True)

    def heading(self, title: str) -> None:
        """Begins an act."""
        if self._console.is_terminal:
            self._console.rule(title)
        else:
            self.line(Text(f"\n{title}"))

    def event(self, event: Event) -> None:
        """A lifecycle event: when, what, where, and the facts that matter to who watches."""
        at, fields = event.attributes.time, event.fields or {}
        stream = event.attributes.subject.rpartition("/")[2]
        style = "bold yellow" if event.name in ALARMING else "bold"
        parts = (
            (f"{at:%m-%d %H:%M} ", "dim"),
            (f"{event.name:{EVENT_COLUMNS}} ", style),
            f"{stream:{STREAM_COLUMNS}} {facts(fields)}".rstrip(),
        )
        self.line(Text.assemble(*parts))

    def remark(self, text: str) -> None:
        """Something that is not on the log."""
        self.line(Text(INDENT + text, "yellow"))

    def summary(self, name: str, value: object) -> None:
        """One figure at the end."""
        self.line(Text(f"{name:26} {value}"))

    def verdict(self, text: str, *, good: bool) -> None:
        """Whole on any terminal: over several lines where it must be."""
        self._console.print(Text(text, "green" if good else "red"), soft_wrap=not self._console.is_terminal)


def facts(fields: Mapping[str, Any]) -> str:
    """The fields that matter to who watches, in words."""
    words = [form.format(fields[name]) for name, form in FACTS.items() if fields.get(name) is not None]
    words += [f"{reason['requirement']} {reason['status']}" for reason in fields.get("reasons") or ()]
    if arms := fields.get("arms"):
        words.append(" ".join(f"{arm['release']}:{arm['weight_percent']:g}%" for arm in arms))
    return ", ".join(words)
