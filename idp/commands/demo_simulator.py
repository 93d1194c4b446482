"""The demonstration's verification simulator: what its program is told, and the providers it stands for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from idp.commands.processes import Program, printed_by

PROVIDERS = "IDP_VERIFICATION__PROVIDERS"
ADDRESS = "SIMULATOR_URL"
_USUAL = "http://127.0.0.1:8110"
_OTHER_AUTHORITIES = {"IDP_CERTIFICATES__ROOTS", "IDP_CERTIFICATES__METHODS"}
"""Where one of these is set, the demonstration makes no laboratory whose certificates could sign."""
_METHODS = "simple_certificate phone any_id business_simple_certificate"
"""What the manual lists (REQ-14); an empty SIMULATOR_METHODS shows every shape of provider there is."""
_COMMAND = (sys.executable, "-m", "simulator")


def told_of_simulator(directory: Path, given: Mapping[str, str], provider: str) -> Mapping[str, str]:
    """What the simulator is told; nothing where somebody else's providers are set, for then there is none."""
    if PROVIDERS in given:
        return {}
    told = {
        ADDRESS: given.get(ADDRESS, _USUAL),
        "SIMULATOR_RETURN_TO": provider,
        "SIMULATOR_KEYS": str(directory / "simulator-keys.json"),
        "SIMULATOR_METHODS": _METHODS,
    }
    if not _OTHER_AUTHORITIES & set(given):
        told["SIMULATOR_CERTIFICATES"] = str(directory / "certificates" / "members")
    return told


def simulator_program(environment: Mapping[str, str]) -> tuple[Program, ...]:
    """The program, where there is one."""
    if PROVIDERS in environment or ADDRESS not in environment:
        return ()
    return (Program("simulator", _COMMAND, environment, f"{environment[ADDRESS]}/healthz"),)


def simulated_providers(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The setting that leads to the simulator: the papers it hands out, as a provider does when somebody joins it.

    Raises:
        ProgramFailed: it handed out none.
    """
    return {PROVIDERS: printed_by((*_COMMAND, "papers"), environment)}
