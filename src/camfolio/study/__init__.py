"""The study file: read, checked, and turned into frozen settings; every mistake is one sentence with its place."""
