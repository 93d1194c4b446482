"""KAMP: signs members in by OpenID Connect as a public client, and keeps tokens to show when they stop working."""
