"""Content-addressed results: what a stage made, kept under the digest of everything it was made from."""
