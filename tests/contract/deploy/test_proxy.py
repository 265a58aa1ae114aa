"""Would HAProxy start on the configurations that Tenure writes and ships, and do they know every service?"""

import re
from pathlib import Path

from tenure.cluster import configuration
from tenure.services import all_definitions

from tests.contract.deploy.linting import ROOT, said_by

SHIPPED = ROOT / "deploy/haproxy.cfg"
PREFIXES = {definition.name: definition.prefix for definition in all_definitions()}
INSTANCES = [(name, prefix, f"http://127.0.0.1:{9000 + n}") for n, (name, prefix) in enumerate(PREFIXES.items())]


def haproxy_takes(path: Path) -> bool:
    code, told = said_by("haproxy", "-c", "-f", str(path))
    assert "WARNING" not in told, told
    return code == 0


def test_haproxy_takes_the_one_for_containers() -> None:
    assert haproxy_takes(SHIPPED)


def test_haproxy_takes_the_one_of_a_cluster_on_one_machine(tmp_path: Path) -> None:
    """Every service there twice."""
    written = tmp_path / "haproxy.cfg"
    written.write_text(configuration(INSTANCES * 2, 8600))
    assert haproxy_takes(written)


def test_haproxy_refuses_a_backend_that_is_not_there(tmp_path: Path) -> None:
    """So that a pass of the tests above means something."""
    broken = tmp_path / "haproxy.cfg"
    broken.write_text(SHIPPED.read_text().replace("use_backend registry", "use_backend regsitry"))
    assert not haproxy_takes(broken)


def test_every_service_is_reached_by_its_prefix() -> None:
    sent = re.findall(r"use_backend (\S+) if { path_beg (\S+)/ }", SHIPPED.read_text())
    servers = dict(re.findall(r"server-template (\S+) \d+ ([a-z-]+):8600", SHIPPED.read_text()))
    assert {servers[backend]: f"{path}/v1" for backend, path in sent} == PREFIXES
