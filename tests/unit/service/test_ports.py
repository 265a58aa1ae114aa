"""What does a user hear whose port is taken?"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, socket

import pytest
import uvicorn
from starlette.applications import Starlette
from tenure.up import up
from tenure_service import PortTaken, bound
from tenure_service.server import DrainingServer

WHAT_TO_DO = (
    r"127\.0\.0\.1:\d+ can't be listened on: Address already in use\. Does Tenure run there already\? "
    r"Choose another port: `tenure up --port N`, or TENURE_PORT=N for `tenure serve`\."
)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_taken_is_named_with_what_to_do(taken: int) -> None:
    with pytest.raises(PortTaken, match=WHAT_TO_DO):
        bound("127.0.0.1", taken)


async def test_it_is_told_before_anything_is_opened(taken: int, tmp_path: Path) -> None:
    directory = tmp_path / "platform"
    with pytest.raises(PortTaken, match=WHAT_TO_DO):
        await up(directory, taken, "wall")
    assert not directory.exists()


async def test_of_two_that_bound_the_port_the_one_that_listens_too_late_is_told_too() -> None:
    with bound("127.0.0.1", 0) as late:
        port = late.getsockname()[1]
        with bound("127.0.0.1", port) as other:
            other.listen()
            config = uvicorn.Config(Starlette(), host="127.0.0.1", port=port, log_config=None, lifespan="off")
            with pytest.raises(PortTaken, match=WHAT_TO_DO):
                await DrainingServer(config, "ready").serve([late])


async def test_who_asks_before_all_is_open_is_refused_at_once() -> None:
    with bound("127.0.0.1", 0) as listener, pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*listener.getsockname())


async def test_an_answer_is_sent_at_once_and_does_not_wait_for_an_acknowledgement() -> None:
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(writer.get_extra_info("socket").getsockopt(IPPROTO_TCP, TCP_NODELAY))
        writer.close()

    with bound("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(on_connect, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await asyncio.wait_for(accepted, 30)
            writer.close()
