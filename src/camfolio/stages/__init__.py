"""The steps of a study as thin adapters: files in, one room's function, files out. `run` names its ingredients."""
