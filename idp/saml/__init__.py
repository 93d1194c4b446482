"""What SAML 2.0 relying parties call.

Owns: reading an AuthnRequest, deciding whether to answer it and where, the signed Response, our metadata and the
reading of theirs. Hands on: `SamlDoor`, and `MetadataSource` for whoever registers a SAML relying party.
May not: decide who a member is or what they consent to (`signin`), make a subject (`links`), or trust a byte of a
message that `signature_gate` or `redirect_binding` did not return. Only `toolkit` touches python3-saml and xmlsec.

    GET /saml/sso ── redirect_binding ── authn_request ── why_not ──► SignInRequest ──► signin
    GET /saml/sso/answer/<id> ◄── outcome ── answer ── response ── signature_writer ──► page that posts to the ACS
"""
