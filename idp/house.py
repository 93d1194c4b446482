"""The things every process of ours is built on, made once from the settings: stores, keys, catalogue, directory."""

from __future__ import annotations

from dataclasses import dataclass, field

from idp.agencies.catalogue import Catalogue
from idp.clock import Clock, SystemClock
from idp.credentials.password import OWASP, PasswordHasher
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.crypto.keyring import Keyring, ensure_keys
from idp.crypto.symmetric import LivingKeys, load_symmetric
from idp.members.directory import Directory
from idp.randomness import Randomness, SystemRandomness
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore, open_store
from idp.terms.current_terms import CurrentTerms


@dataclass(frozen=True, slots=True)
class House:
    """What is handed to every room."""

    settings: Settings
    clock: Clock
    randomness: Randomness
    database: Database
    store: ExpiringStore
    keyring: Keyring
    cipher: FieldCipher
    digester: Digester
    directory: Directory
    catalogue: Catalogue
    terms: CurrentTerms
    hasher: PasswordHasher
    secret_key: bytes = field(repr=False)

    def close(self) -> None:
        """Let go of every connection; for a process that is about to end."""
        self.store.close()
        self.database.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    hasher: PasswordHasher | None = None,
) -> House:
    """The house of `settings`; a test gives its own clock, randomness or cheaper hasher. Makes keys on first start.

    Raises:
        ConfigurationError: settings or keys cannot be used.
    """
    clock, randomness = clock or SystemClock(), randomness or SystemRandomness()
    ensure_keys(settings.keys_dir, clock=clock, randomness=randomness)
    symmetric = load_symmetric(settings.keys_dir)
    database = Database(settings.database_url, pool_size=settings.database_pool)
    cipher = FieldCipher(LivingKeys(settings.keys_dir, clock), randomness)
    digester = Digester(symmetric.digest_key)
    given = settings.secret_key.get_secret_value()
    return House(
        settings=settings,
        clock=clock,
        randomness=randomness,
        database=database,
        store=open_store(settings, database, clock),
        keyring=Keyring(settings.keys_dir, clock),
        cipher=cipher,
        digester=digester,
        directory=Directory(cipher, digester),
        catalogue=Catalogue(database, clock, settings.catalogue_refresh),
        terms=CurrentTerms(database, clock, settings.catalogue_refresh),
        hasher=hasher or PasswordHasher(OWASP),
        secret_key=given.encode() if given else symmetric.secret_key,
    )
