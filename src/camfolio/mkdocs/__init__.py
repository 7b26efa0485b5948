"""The adapter to MkDocs, and the only room that imports it."""
