"""The table of what is asked at which address, and the one way in: first who calls, then how often, then the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request

from idp.agency_api.caller import SCOPES, Uploads
from idp.agency_api.refusals import UnknownAddress, WrongMethod
from idp.oidc.call_limit import CallLimit
from idp.oidc.machine_callers import MachineCaller, MachineCallers
from idp.oidc.routes.this_call import this_call

ROOT: Final = "/agency/v1"
# Every method comes to us: what routing refuses would be answered with the house's page, and before asking who calls.
_ANY: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

View = Callable[..., Response]
"""Called with the `MachineCaller` and what stands in the address."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, and the scope that it takes."""

    path: str
    """Below `ROOT`, as Flask writes it."""
    method: str
    scope: str
    view: View
    is_upload: bool = False
    """Whether it reads a list of any length."""


@dataclass(frozen=True, slots=True)
class Table:
    """The operations, guarded."""

    callers: MachineCallers
    limit: CallLimit
    uploads: Uploads
    operations: tuple[Operation, ...]

    def open(self, doors: Blueprint) -> None:
        """Add every address to `doors`, and one for all that are none."""
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in self.operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        for path, methods in by_path.items():
            name = path.strip("/").replace("/", "_").replace("<", "").replace(">", "")
            self._add(doors, path, name, self._at(methods))
        self._add(doors, "/<path:rest>", "nothing", self._nothing)

    def _add(self, doors: Blueprint, path: str, name: str, view: View) -> None:
        doors.add_url_rule(ROOT + path, name, view, methods=_ANY, provide_automatic_options=False)

    def _at(self, methods: Mapping[str, Operation]) -> View:
        def dispatch(**parts: str) -> Response:
            operation = methods.get(request.method)
            caller = self._caller(operation)
            if operation is None:
                raise WrongMethod(tuple(sorted(methods)))
            if not operation.is_upload:
                return operation.view(caller, **parts)
            with self.uploads.one_more():
                return operation.view(caller, **parts)

        return dispatch

    def _nothing(self, rest: str) -> Response:  # noqa: ARG002  # the address is in the log already
        self._caller(None)
        raise UnknownAddress

    def _caller(self, operation: Operation | None) -> MachineCaller:
        scopes = SCOPES if operation is None else (operation.scope,)
        caller = self.callers(this_call(), *scopes)
        self.limit(caller.relying_party.id)
        return caller
