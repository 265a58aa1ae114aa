"""A broker as an operator should run it: TLS, passwords or client certificates, and nobody may what is not granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tenure.localkafka import Listening, LocalKafka
from tenure.services import MODULES
from tenure_eventlog.kafka_settings import KafkaSettings, security_of

from tests.kafka.broker import CACHE
from tests.kafka.certificates import Authority

ADMIN = "admin"
USERS = (ADMIN, "stranger", "newcomer", "tenure-producer", *(f"tenure-{service}" for service in MODULES))
PASSWORDS = {user: f"{user}'s password" for user in USERS}
LOGIN = "org.apache.kafka.common.security"


@dataclass
class SecuredBroker:
    """Takes passwords and bearer tokens at one address, client certificates at another."""

    broker: LocalKafka
    authority: Authority
    stranger: Authority = field(repr=False)

    @classmethod
    def at(cls, directory: Path) -> "SecuredBroker":
        authority = Authority(directory / "authority")
        listening = _listening(authority.certificate, authority.issue("broker"))
        return cls(LocalKafka(directory / "kafka", CACHE, listening), authority, Authority(directory / "stranger"))

    def environment(self, user: str, **other: str) -> dict[str, str]:
        """The settings of a process that runs as this user; `other` as in `with_password`."""
        return {
            "TENURE_LOG": f"kafka://{self.broker.bootstrap_of('PASSWORD')}",
            **{f"TENURE_KAFKA_{name}": value for name, value in {**self._with_password(user), **other}.items()},
        }

    def with_password(self, user: str, **other: str) -> KafkaSettings:
        """`other` in place of the right USER, PASSWORD or CA."""
        return self._settings("PASSWORD", {**self._with_password(user), **other})

    def with_token(self, url: str) -> KafkaSettings:
        """Of whom the token endpoint's tokens are for."""
        client = {"TOKEN_URL": url, "CLIENT_ID": "tenure", "CLIENT_SECRET": "secret"}
        return self._settings("PASSWORD", {**client, "CA": str(self.authority.certificate)})

    def with_certificate(self, path: Path | None) -> KafkaSettings:
        """Of whom the certificate is issued for; of nobody without one."""
        certificate = {"CERT": str(path)} if path else {}
        return self._settings("CERTIFICATE", {"CA": str(self.authority.certificate), **certificate})

    def _with_password(self, user: str) -> dict[str, str]:
        return {"USER": user, "PASSWORD": PASSWORDS[user], "CA": str(self.authority.certificate)}

    def _settings(self, listener: str, env: Mapping[str, str]) -> KafkaSettings:
        return KafkaSettings(bootstrap=self.broker.bootstrap_of(listener), security=security_of(env))


def _listening(authority: Path, own: Path) -> Listening:
    return Listening(
        protocols={"CERTIFICATE": "SSL", "PASSWORD": "SASL_SSL"},
        controller_protocol="SSL",
        scram_users=PASSWORDS,
        properties={
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:broker;User:{ADMIN}",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(own),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(authority),
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+)$/$1/",
            "listener.name.certificate.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "listener.name.password.sasl.enabled.mechanisms": "SCRAM-SHA-512,OAUTHBEARER",
            "listener.name.password.scram-sha-512.sasl.jaas.config": f"{LOGIN}.scram.ScramLoginModule required;",
            "listener.name.password.oauthbearer.sasl.jaas.config": (
                f"{LOGIN}.oauthbearer.OAuthBearerLoginModule required;"
            ),
        },
    )
