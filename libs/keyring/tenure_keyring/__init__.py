"""Personal data sealed under keys that can be destroyed, so that a value is erased everywhere at once."""

from tenure_keyring.errors import KeyringError, MasterKeyMissing, SealBroken, SubjectRefused
from tenure_keyring.keyring import Keyring
from tenure_keyring.master import EnvironmentMaster, master_here
from tenure_keyring.memory import MemoryKeys
from tenure_keyring.port import KeyStore, Mark, SubjectKey
from tenure_keyring.postgres import PostgresKeys
from tenure_keyring.sealed import ERASED_TOKEN, Erased, Plain, Sealed, is_token

__all__ = [
    "ERASED_TOKEN",
    "EnvironmentMaster",
    "Erased",
    "KeyStore",
    "Keyring",
    "KeyringError",
    "Mark",
    "MasterKeyMissing",
    "MemoryKeys",
    "Plain",
    "PostgresKeys",
    "SealBroken",
    "Sealed",
    "SubjectKey",
    "SubjectRefused",
    "is_token",
    "master_here",
]
