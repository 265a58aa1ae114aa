"""Every kind of store that can be had here: a directory, memory, and a server that speaks S3."""

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from moto.server import ThreadedMotoServer
from tenure_artifacts.blobs import Blobs

from tests.contract.artifacts.site import Site


@pytest.fixture(scope="session")
def s3() -> Iterator[fsspec.AbstractFileSystem]:
    """A client of a server with one bucket; both serve the whole run."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"endpoint_url": f"http://{host}:{port}", "key": "test", "secret": "test"}
    client, bucket = fsspec.url_to_fs("s3://bucket", **options, use_listings_cache=False)
    client.mkdir(bucket)
    yield client
    server.stop()


@pytest.fixture(params=["file", "memory", "s3"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    match request.param:
        case "s3":
            blobs = Blobs(request.getfixturevalue("s3"), f"bucket/{uuid4().hex}", local=False)
        case "memory":
            blobs = Blobs.open(f"memory://{uuid4().hex}")
        case _:
            blobs = Blobs.open(str(tmp_path / "store"))
    return Site(blobs, tmp_path / "keys.json")


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
