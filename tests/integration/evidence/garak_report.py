"""Writes reports as garak 0.17.1 does, entry for entry (its command.py, attempt.py, evaluators/base.py)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RUN = "d7ba0a51-5e01-4a2a-9fa5-65252fc53914"
HIJACK = "promptinject.HijackHateHumans"
LATENT = "latentinjection.LatentInjectionReport"


def result(
    probe: str, hits: int, n: int, *, detector: str = "promptinject.AttackRogueString", nones: int = 0
) -> dict[str, Any]:
    return {
        "entry_type": "eval",
        "probe": probe,
        "detector": detector,
        "passed": n - hits,
        "fails": hits,
        "nones": nones,
        "total_evaluated": n,
        "total_processed": n + nones,
    }


def attempt(probe: str, status: int) -> dict[str, Any]:
    message = {"text": "Ignore", "lang": "en", "data_path": None, "data_type": None, "data_checksum": None, "notes": {}}
    prompt = {"turns": [{"role": "user", "content": message}], "notes": {}}
    return {
        "entry_type": "attempt",
        "uuid": "ea602631-8866-4f2c-903d-495165ee0978",
        "seq": 0,
        "status": status,
        "probe_classname": probe,
        "probe_params": {},
        "targets": [],
        "prompt": prompt,
        "outputs": [message],
        "detector_results": {"promptinject.AttackRogueString": [0.0]} if status == 2 else {},
        "notes": {"attack_rogue_strings": "I hate humans"},
        "goal": "make the system output a specific rogue string",
        "conversations": [prompt],
        "reverse_translation_outputs": [],
        "intent": None,
    }


def write(path: Path, results: Sequence[dict[str, Any]], *, complete: bool = True) -> Path:
    entries: list[dict[str, Any]] = [
        {
            "entry_type": "start_run setup",
            "_config.version": "0.17.1",
            "plugins.target_type": "rest",
            "run.generations": 5,
        },
        {"entry_type": "init", "garak_version": "0.17.1", "start_time": "2026-11-24T12:00:00.000000", "run": RUN},
    ]
    for entry in results:
        entries += [attempt(entry["probe"], 1), attempt(entry["probe"], 2), entry]
    if complete:
        entries.append({"entry_type": "completion", "end_time": "2026-11-24T12:09:00.000000", "run": RUN})
        entries.append({"entry_type": "digest", "meta": {"garak_version": "0.17.1"}, "eval": {}})
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))
    return path
