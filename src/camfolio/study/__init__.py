"""The study file: parsed, validated and turned into frozen settings; every error is one sentence with file, line and key."""
