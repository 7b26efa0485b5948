"""Which stages a study has, what decides each result, and in which order they run."""
