"""What does a report of garak, the LLM vulnerability scanner, say of each probe?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AliasChoices, BaseModel, Field, TypeAdapter, model_validator

from tenure_evidence.errors import ReportRefused

MAX_LINE_BYTES = 16_777_216
MAX_LINES = 5_000_000
READ = ("init", "eval", "completion")

Count = Annotated[int, Field(ge=0)]


class Init(BaseModel):
    entry_type: Literal["init"]
    garak_version: str
    run: str


class Eval(BaseModel):
    """`passed` outputs withstood the probe, by one detector's judgement; `nones` could not be judged.

    Older releases write `total`, and begin the detector's name with `detector.`.
    """

    entry_type: Literal["eval"]
    probe: str
    detector: str
    passed: Count
    evaluated: Count = Field(validation_alias=AliasChoices("total_evaluated", "total"))
    nones: Count = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.passed > self.evaluated:
            raise ValueError(f"{self.passed} of {self.evaluated} passed")
        return self

    @property
    def hits(self) -> int:
        return self.evaluated - self.passed

    @property
    def name(self) -> str:
        return f"{self.probe} / {self.detector.removeprefix('detector.')}"


class Completion(BaseModel):
    entry_type: Literal["completion"]


Entry = Annotated[Init | Eval | Completion, Field(discriminator="entry_type")]
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


class GarakRun(NamedTuple):
    """A run that was stopped half-way has no completion entry."""

    init: Init
    evals: tuple[Eval, ...]
    complete: bool


def read_garak(path: Path) -> GarakRun:
    """A `*.report.jsonl`, of which prompts and outputs are left out. Raises ReportRefused."""
    inits: list[Init] = []
    evals: dict[str, Eval] = {}
    complete = False
    for number, entry in _entries(path):
        match entry:
            case Init():
                inits.append(entry)
            case Eval() if entry.name in evals:
                raise ReportRefused(f"line {number}: a second result of {entry.name}; give one run's own report")
            case Eval():
                evals[entry.name] = entry
            case Completion():
                complete = True
    if len(inits) != 1:
        raise ReportRefused(f"{path.name} holds {len(inits)} runs; give one run's own report")
    return GarakRun(inits[0], tuple(evals.values()), complete)


def _entries(path: Path) -> Iterator[tuple[int, Entry]]:
    with path.open("rb") as lines:
        for number in range(1, MAX_LINES + 1):
            if not (line := lines.readline(MAX_LINE_BYTES + 1)):
                return
            try:
                if json.loads(line)["entry_type"] in READ:
                    yield number, _ENTRY.validate_json(line)
            except (ValueError, TypeError, KeyError) as why:
                raise ReportRefused(f"line {number} is no entry of a garak report: {why}") from why
    raise ReportRefused(f"{path.name} has over {MAX_LINES} lines")
