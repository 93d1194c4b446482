"""The recovery pages."""
