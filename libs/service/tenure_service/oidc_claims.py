"""Whom does a verified token stand for, and what may they do?"""

from collections.abc import Mapping
from hashlib import sha256

from tenure_service.settings import OidcSettings
from tenure_service.tokens import KINDS, ROLES, Principal, PrincipalType

Claims = Mapping[str, object]


def principal_of(claims: Claims, settings: OidcSettings) -> Principal:
    """Roles and kinds that Tenure does not know are left out; who has none is a principal that may nothing.

    A claim of families that can't be read limits to none.
    """
    roles, kinds = texts(claim(claims, settings.roles_claim)), texts(claim(claims, settings.kind_claim))
    families = claim(claims, settings.families_claim)
    known = [kind for kind in KINDS if kind in kinds]
    id_ = principal_id(str(claims["iss"]), str(claims["sub"]))
    return Principal(
        id=id_,
        name=id_,
        roles=frozenset(role for role in ROLES if role in roles),
        kind=known[0] if len(known) == 1 and "approver" in roles else None,
        auth_type=auth_type(claims),
        families=None if families is None else texts(families),
    )


def principal_id(issuer: str, subject: str) -> str:
    """Stable, and nobody's name: the log keeps it for ever, and subjects may be e-mail addresses."""
    whole = sha256(f"{issuer}\n{subject}".encode("utf-8", "surrogatepass"))
    return f"oidc:{whole.hexdigest()[:32]}"


def auth_type(claims: Claims) -> PrincipalType:
    """Whether a client acts for itself.

    Source: RFC 9068, section 2.2, where a client's own token has it as `sub`; Auth0 appends `@clients`, and Keycloak
    makes a user `service-account-<client>` for it.
    """
    clients = [name for claim_ in ("client_id", "azp", "cid") if isinstance(name := claims.get(claim_), str)]
    own = {form for name in clients for form in (name, f"{name}@clients", f"service-account-{name}")}
    named = [claims.get("sub"), claims.get("preferred_username")]
    return "service_account" if any(isinstance(name, str) and name in own for name in named) else "user"


def claim(claims: Claims, name: str) -> object:
    """The claim of this name, which may be an address with dots; else what is at this dotted path; else None."""
    if name in claims:
        return claims[name]
    found: object = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def texts(value: object) -> frozenset[str]:
    """Of a list its strings, of a string its words (as in `scope`), of anything else nothing."""
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
