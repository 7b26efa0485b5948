"""The adapter to MkDocs; no other room imports it."""
