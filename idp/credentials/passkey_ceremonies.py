"""The two ceremonies of a passkey, at our end: making it and using it. Web Authentication Level 3 §7.1, §7.2."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_attestation_object
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.credentials.passkey_answer import PasskeyAnswer
from idp.credentials.passkey_refusals import (
    AttestationRefused,
    ChallengeSpent,
    MalformedResponse,
    NotVerified,
    UnknownPasskey,
    WrongOrigin,
    WrongSignature,
)
from idp.credentials.passkeys import KeptPasskey, NewPasskey
from idp.crypto.digests import Digester, same, secret_digest
from idp.randomness import Randomness
from idp.settings import Passkeys as Policy
from idp.storage.expiring import ExpiringStore

_LONGEST_ID = 1023
"""Octets of a credential id (§7.1 step 25); the index that finds one by it holds no more than some thousand."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where a ceremony takes place: this browser, for this purpose. Its answer is good nowhere else."""

    browser: str
    purpose: str


@dataclass(frozen=True, slots=True)
class PasskeyCeremonies:
    """Makes challenges and checks what answers them. `roots` are the makers' certificates, in PEM."""

    issuer: str
    name: str
    policy: Policy
    store: ExpiringStore
    randomness: Randomness
    digester: Digester
    roots: tuple[bytes, ...] = ()

    @property
    def offered(self) -> bool:
        """Whether passkeys work here: they belong to a host's name, which an IP address is not (§5.1.2)."""
        return self.policy.enabled and not _is_address(self._host)

    def registration(self, at: Occasion, member_id: str, account: str, had: list[KeptPasskey]) -> str:
        """What `navigator.credentials.create` is asked, as JSON."""
        direct = self.policy.attestation == "direct"
        options = generate_registration_options(
            rp_id=self._host,
            rp_name=self.name,
            user_id=self.handle_of(member_id),
            user_name=account,
            user_display_name=account,
            challenge=self._challenge(at),
            attestation=AttestationConveyancePreference.DIRECT if direct else AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_descriptor(each) for each in had],
        )
        return options_to_json(options)

    def authentication(self, at: Occasion, allowed: list[KeptPasskey]) -> str:
        """What `navigator.credentials.get` is asked, as JSON; with none allowed, any of ours the member picks."""
        options = generate_authentication_options(
            rp_id=self._host,
            challenge=self._challenge(at),
            allow_credentials=[_descriptor(each) for each in allowed] or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def registered(self, at: Occasion, answer: PasskeyAnswer) -> NewPasskey:
        """The passkey that was made.

        Raises:
            PasskeyRefused: one of its leaves says why not.
        """
        self._answers(at, answer)
        try:
            made = verify_registration_response(
                credential=answer.values,
                expected_challenge=answer.challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
                pem_root_certs_bytes_by_fmt={each: list(self.roots) for each in AttestationFormat},
            )
        except Exception as error:  # noqa: BLE001  # parsers of foreign bytes, several deep; whatever they raise, it is no passkey
            _refuse(error)
        if len(made.credential_id) > _LONGEST_ID:
            raise MalformedResponse("credential id too long")
        self._accept_model(answer, made.aaguid)
        synchronised = made.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        return NewPasskey(
            made.credential_id,
            made.credential_public_key,
            made.sign_count,
            made.aaguid,
            synchronised,
            answer.transports,
        )

    def used(self, at: Occasion, answer: PasskeyAnswer, kept: KeptPasskey | None, *, discovered: bool) -> int:
        """The counter of an authenticator that answered rightly with the passkey `kept`; the caller holds it against
        the one before. `discovered`: nobody had said who signs in, so the answer must.

        Raises:
            PasskeyRefused: one of its leaves says why not.
        """
        self._answers(at, answer)
        if kept is None:
            raise UnknownPasskey("nobody registered it")
        handle = self.handle_of(kept.member_id)
        if answer.user_handle != handle and (discovered or answer.user_handle is not None):
            raise UnknownPasskey("made for another member")
        if not answer.user_verified:
            raise NotVerified("no user verification")
        try:
            verified = verify_authentication_response(
                credential=answer.values,
                expected_challenge=answer.challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=kept.public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception as error:  # noqa: BLE001  # as above
            _refuse(error)
        return verified.new_sign_count

    def handle_of(self, member_id: str) -> bytes:
        """What authenticators call a member: it says nothing of them and is one for all their keys (§14.6.1)."""
        return bytes.fromhex(self.digester.digest("credentials.passkey_user", member_id))

    def _challenge(self, at: Occasion) -> bytes:
        challenge = self.randomness.octets(32)
        self.store.put(_key(challenge), _bound(at).encode(), self.policy.challenge)
        return challenge

    def _answers(self, at: Occasion, answer: PasskeyAnswer) -> None:
        # Taken before anything else is looked at: whatever is wrong with the answer, its challenge had its one use.
        bound = self.store.take(_key(answer.challenge))
        if bound is None or not same(bound.decode(), _bound(at)):
            raise ChallengeSpent("not asked here, or answered before")
        if answer.origin != self._origin or answer.cross_origin:
            raise WrongOrigin("made for another site")

    def _accept_model(self, answer: PasskeyAnswer, aaguid: str) -> None:
        if self.policy.attestation != "direct":
            return
        attested = parse_attestation_object(base64url_to_bytes(answer.values["response"]["attestationObject"]))
        # A statement without certificates is signed by the new key itself: anybody can claim any model so.
        if not attested.att_stmt.x5c or aaguid.lower() not in {each.lower() for each in self.policy.trusted_aaguids}:
            raise AttestationRefused("not a trusted model")

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def _host(self) -> str:
        return urlsplit(self.issuer).hostname or ""


def _refuse(error: Exception) -> NoReturn:
    # The library's sentences quote what was sent; its kind of error is all that is kept.
    raise WrongSignature(type(error).__name__) from None


def _descriptor(kept: KeptPasskey) -> PublicKeyCredentialDescriptor:
    known: set[Any] = {each.value for each in AuthenticatorTransport}
    transports = [AuthenticatorTransport(each) for each in kept.transports if each in known]
    return PublicKeyCredentialDescriptor(id=kept.credential_id, transports=transports or None)


def _key(challenge: bytes) -> str:
    return f"passkey-challenge:{secret_digest(challenge.hex())}"


def _bound(at: Occasion) -> str:
    return json.dumps([secret_digest(at.browser), at.purpose])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
