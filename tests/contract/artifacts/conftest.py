"""Every kind of store that can be had here: a directory, memory, and a server that speaks S3."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from tests.contract.artifacts.site import Site


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, object]]:
    """fsspec's options for the server; one for the whole run."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {"endpoint_url": f"http://{host}:{port}", "key": "test", "secret": "test"}
    server.stop()


@pytest.fixture(params=["file", "memory", "s3"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    keys = tmp_path / "keys.json"
    match request.param:
        case "s3":
            options = request.getfixturevalue("s3")
            bucket = f"bucket-{uuid4().hex}"
            fsspec.filesystem("s3", **options).mkdir(bucket)
            return Site(f"s3://{bucket}/artifacts", keys, options)
        case "memory":
            return Site(f"memory://{uuid4().hex}", keys)
        case _:
            return Site(str(tmp_path / "store"), keys)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file of five parts, the last of them short."""
    path = tmp_path / "model.bin"
    path.write_bytes(bytes(range(256)) * 2 + b"the end")
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with an empty file, a file in a folder, and more than one part."""
    root = tmp_path / "tree"
    (root / "weights").mkdir(parents=True)
    (root / "weights" / "0.bin").write_bytes(b"w" * 300)
    (root / "config.json").write_bytes(b"{}")
    (root / "empty").touch()
    return root
