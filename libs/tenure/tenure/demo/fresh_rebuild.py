"""The rebuild of the final check, in a process of its own: exit 0 where every live replica is equal."""

import asyncio
import json
import os
import sys

from tenure_eventlog.open import open_log

from tenure.client import AsyncClient
from tenure.rebuild import compare
from tenure.services import definition_of


async def main() -> int:
    """TENURE_INSTANCES is a JSON list of (service, url)."""
    different = 0
    async with open_log(os.environ["TENURE_LOG"]) as log:
        for service, url in json.loads(os.environ["TENURE_INSTANCES"]):
            async with AsyncClient(url, os.environ["TENURE_TOKEN"]) as client:
                found = await compare(log, definition_of(service), client, url)
            word = "equal" if found.equal else "DIFFERENT"
            sys.stdout.write(f"rebuild of {service} at {url}: {found.events} events, {word}\n")
            different += not found.equal
    return different


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
