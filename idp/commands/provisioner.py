"""The part of `idp worker` that makes accounts at agencies, wired."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from idp.agencies.catalogue import Catalogue
from idp.clock import SystemClock
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.crypto.symmetric import LivingKeys, load_symmetric
from idp.egress import Egress
from idp.members.directory import Directory
from idp.provisioning.metrics import Metrics
from idp.provisioning.open_member import OpenMember
from idp.provisioning.provisioner import Provisioner, lease_for
from idp.provisioning.turn import TakeTurn
from idp.randomness import SystemRandomness
from idp.settings import Settings
from idp.storage.database import Database


def build_provisioner(settings: Settings, database: Database, registry: CollectorRegistry) -> Provisioner:
    """What makes accounts in this deployment.

    Raises:
        ConfigurationError: the keys or the settings cannot be used.
    """
    clock, randomness = SystemClock(), SystemRandomness()
    cipher = FieldCipher(LivingKeys(settings.keys_dir, clock), randomness)
    directory = Directory(cipher, Digester(load_symmetric(settings.keys_dir).digest_key))
    return Provisioner(
        clock=clock,
        events=settings.events,
        take_turn=TakeTurn(database, clock, randomness, lease_for(settings.events)),
        open_member=OpenMember(database, directory),
        catalogue=Catalogue(database, clock, settings.catalogue_refresh),
        cipher=cipher,
        egress=Egress.of(settings),
        metrics=Metrics(registry),
    )
