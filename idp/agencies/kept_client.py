"""What is kept of a client, whoever described it: a file, or the client itself over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idp.agencies.client_metadata import ClientMetadata


def kept_client(
    metadata: ClientMetadata, client_id: str, client_name: str, secret_digests: Sequence[str], logo: str | None
) -> dict[str, Any]:
    """The registration of the client that `metadata` describes, by its names, with every default written out; `logo` is
    the digest of the image that is kept of it."""
    return {
        **metadata.model_dump(mode="json", include=set(ClientMetadata.model_fields)),
        "client_id": client_id,
        "client_name": client_name,
        "secret_digests": list(secret_digests),
        "logo": logo,
    }
