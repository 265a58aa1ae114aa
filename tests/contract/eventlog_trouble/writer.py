"""A client in a process of its own, to be stopped in the middle: `python writer.py ADDRESS TOPIC`."""

import asyncio
import sys

from tenure_eventlog import Message
from tenure_eventlog.open import open_log


async def write_on(address: str, topic: str) -> None:
    async with open_log(address) as log:
        while True:
            await log.append([Message(topic, b"k", bytes(2_000), (), 0)] * 200)


if __name__ == "__main__":
    asyncio.run(write_on(*sys.argv[1:]))
