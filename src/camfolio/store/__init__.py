"""Content-addressed results: each stage's output is stored under the digest of everything that decides it."""
