"""Why a passkey was not taken: each its own code in log and audit, and one plain sentence to the member.

PasskeyRefused
├── MalformedResponse     no answer of an authenticator, or one that its browser did not mean for us
├── ChallengeSpent        answered before, too late, in another browser or on another page
├── WrongOrigin           made for another site: somebody stands between the member and us
├── NotVerified           the authenticator did not make sure who touched it
├── UnknownPasskey        nobody registered it, or not the member it is presented for
├── WrongSignature        the key that was registered did not sign
├── CounterRegressed      it was copied: an older state of it answered (WebAuthn §6.1.1)
├── AttestationRefused    not a model the operator trusts
└── TooManyPasskeys       the member has as many as one may have
"""

from __future__ import annotations

from idp.errors import Refusal


class PasskeyRefused(Refusal):
    code = "passkey_refused"
    status = 401


class MalformedResponse(PasskeyRefused):
    code = "passkey_malformed"


class ChallengeSpent(PasskeyRefused):
    code = "passkey_challenge_spent"


class WrongOrigin(PasskeyRefused):
    code = "passkey_wrong_origin"


class NotVerified(PasskeyRefused):
    code = "passkey_user_not_verified"


class UnknownPasskey(PasskeyRefused):
    code = "passkey_unknown"


class WrongSignature(PasskeyRefused):
    code = "passkey_wrong_signature"


class CounterRegressed(PasskeyRefused):
    code = "passkey_counter_regressed"


class AttestationRefused(PasskeyRefused):
    code = "passkey_attestation_refused"


class TooManyPasskeys(PasskeyRefused):
    code = "passkey_too_many"
    status = 409
