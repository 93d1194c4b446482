"""SMTECH: signs members in by SAML 2.0 with python3-saml in strict mode, and hears of links by events."""
