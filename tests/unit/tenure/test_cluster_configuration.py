"""The one origin sends each prefix to the replicas of its service that say they are ready."""

from tenure.cluster import configuration

INSTANCES = [
    ("registry", "/registry/v1", "http://127.0.0.1:7001"),
    ("registry", "/registry/v1", "http://127.0.0.1:7002"),
    ("rollout", "/rollout/v1", "http://127.0.0.1:7003"),
]


def test_replicas_of_a_service_share_a_backend_with_readiness_checks() -> None:
    lines = [line.strip() for line in configuration(INSTANCES, 8600).splitlines()]
    start = lines.index("backend registry")
    assert lines[start : start + 5] == [
        "backend registry",
        "balance roundrobin",
        "option httpchk GET /registry/v1/readyz",
        "server registry-0 127.0.0.1:7001 check inter 1s",
        "server registry-1 127.0.0.1:7002 check inter 1s",
    ]


def test_the_origin_listens_on_the_loopback_only() -> None:
    binds = [line.strip() for line in configuration(INSTANCES, 8600).splitlines() if "bind" in line]
    assert binds == ["bind 127.0.0.1:8600"]


def test_each_prefix_has_one_rule() -> None:
    rules = [line.strip() for line in configuration(INSTANCES, 8600).splitlines() if "use_backend" in line]
    assert rules == [
        "use_backend registry if { path_beg /registry/v1/ }",
        "use_backend rollout if { path_beg /rollout/v1/ }",
    ]
