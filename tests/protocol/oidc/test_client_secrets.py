"""Clients that share a secret with us, and machine clients, which may do so or sign. RFC 6749 §2.3.1."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.builders import agency, party, register
from tests.protocol.oidc.assertions import Signer, by_keys, call, claims, hs256, refused
from tests.protocol.oidc.lab import BIZINFO, Client, Provider


class TestClientSecretJwt:
    """OpenID Connect Core §9: an HMAC keyed with the secret's octets."""

    SECRET, OLDER = "the newer of two secrets, 32 and more", "the older of two secrets, 32 and more"

    def fields(self, **more: Any) -> dict[str, Any]:
        return by_keys(token_endpoint_auth_method="client_secret_jwt", client_secret=self.SECRET, **more)

    def test_takes_both_live_secrets(self, provider: Provider) -> None:
        """Two are good while a client changes; afterwards one."""
        register(provider.house, agency("s", party("signs", **self.fields(previous_client_secret=self.OLDER))))
        for secret in (self.SECRET, self.OLDER):
            assert call(provider, hs256(secret, claims(provider, "signs"))).status_code == 200
        register(provider.house, agency("s", party("signs", **self.fields())))
        assert call(provider, hs256(self.SECRET, claims(provider, "signs"))).status_code == 200
        assert refused(call(provider, hs256(self.OLDER, claims(provider, "signs"))))

    def test_takes_no_signature_by_a_key(self, provider: Provider, signer: Signer) -> None:
        """RFC 8725 §3.1: one method, one kind of algorithm, whatever other keys the client has."""
        register(provider.house, agency("s", party("signs", **self.fields(jwks=signer.jwks))))
        assert refused(call(provider, signer.sign(claims(provider, "signs"))))

    def test_takes_no_digest_for_the_secret(self, provider: Provider) -> None:
        """What the database shows of other clients proves nobody."""
        register(provider.house, agency("s", party("signs", **self.fields())))
        digest = hashlib.sha256(self.SECRET.encode()).hexdigest()
        assert refused(call(provider, hs256(digest, claims(provider, "signs"))))
        assert refused(call(provider, hs256("", claims(provider, "signs"))))

    def test_spends_it_too(self, provider: Provider) -> None:
        """Core §9: `jti`."""
        register(provider.house, agency("s", party("signs", **self.fields())))
        assertion = hs256(self.SECRET, claims(provider, "signs"))
        assert call(provider, assertion).status_code == 200
        assert refused(call(provider, assertion))


class TestClientSecretPost:
    """Both in the form."""

    SECRET = "secret of the form, + and % and 32 more"

    def test_takes_the_secret_from_the_form_alone(self, provider: Provider) -> None:
        """oidcc-server-client-secret-post, RFC 6749 §2.3.1: as registered, so not by the header."""
        register(
            provider.house,
            agency(
                "s",
                party("signs", **by_keys(token_endpoint_auth_method="client_secret_post", client_secret=self.SECRET)),
            ),
        )
        name = Client("signs", "signs", "")
        good = provider.token(name, grant_type="client_credentials", client_secret=self.SECRET)
        assert good.status_code == 200
        assert refused(provider.token(name, grant_type="client_credentials", client_secret="wrong"))
        assert refused(provider.token(name, grant_type="client_credentials", client_secret="", client_id="nobody"))
        assert refused(provider.token(Client("signs", "signs", "", self.SECRET), grant_type="client_credentials"))

    def test_takes_no_secret_from_the_form_of_a_client_of_the_header(self, provider: Provider) -> None:
        """The method is the one that was registered."""
        assert BIZINFO.secret is not None
        answered = provider.token(Client("bizinfo", "bizinfo", ""), client_secret=BIZINFO.secret)
        assert refused(answered) == "client authentication failed"


class TestTwoLiveSecrets:
    """Changing a secret without an outage: the newer and the older are good, until the older is taken out."""

    NEW, OLD = "n" * 43, "o" * 43

    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    def test_are_good_until_one_is_taken_out(self, provider: Provider, method: str) -> None:
        def ask(secret: str) -> int:
            if method == "client_secret_basic":
                client = Client("signs", "signs", "", secret)
                return provider.token(client, grant_type="client_credentials").status_code
            name = Client("signs", "signs", "")
            return provider.token(name, grant_type="client_credentials", client_secret=secret).status_code

        fields = by_keys(token_endpoint_auth_method=method)
        for given, good in (
            ({"client_secret": self.OLD}, (401, 200)),
            ({"client_secret": self.NEW, "previous_client_secret": self.OLD}, (200, 200)),
            ({"client_secret": self.NEW}, (200, 401)),
        ):
            register(provider.house, agency("s", party("signs", **{**fields, **given})))
            assert (ask(self.NEW), ask(self.OLD)) == good


class TestMachineClients:
    """The client beside the one that signs members in: `[agency.relying_party.machine_client]`."""

    def test_prove_themselves_by_keys(self, provider: Provider, signer: Signer) -> None:
        """FAPI 2.0, `fapi_client_credentials_grant`: the same assertions."""
        machine = {"scope": "ssf.read", "token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks}
        register(provider.house, agency("kamp", party("kamp", machine_client=machine)))
        assertion = signer.sign(claims(provider, "kamp-machine"))
        assert call(provider, assertion).get_json()["scope"] == "ssf.read"
        assert refused(call(provider, assertion))
        assert refused(call(provider, Signer.rsa().sign(claims(provider, "kamp-machine"))))

    def test_lose_their_tokens_with_their_keys(self, provider: Provider, signer: Signer) -> None:
        """Keys taken out of a registration end what was given for them."""

        def known_by(keys: Signer) -> None:
            machine = {"scope": "ssf.read", "token_endpoint_auth_method": "private_key_jwt", "jwks": keys.jwks}
            register(provider.house, agency("kamp", party("kamp", machine_client=machine)))

        known_by(signer)
        token = call(provider, signer.sign(claims(provider, "kamp-machine"))).get_json()["access_token"]
        client = provider.app.test_client(use_cookies=False)
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/ssf/streams", headers=headers).status_code not in {401, 403}
        known_by(Signer.rsa())
        assert client.get("/ssf/streams", headers=headers).status_code == 401

    def test_have_two_live_secrets(self, provider: Provider) -> None:
        """As any client."""
        machine = {"scope": "ssf.read", "client_secret": "n" * 40, "previous_client_secret": "o" * 40}
        register(provider.house, agency("kamp", party("kamp", machine_client=machine)))
        for secret in ("n" * 40, "o" * 40):
            client = Client("kamp", "kamp-machine", "", secret)
            assert provider.token(client, grant_type="client_credentials").status_code == 200
