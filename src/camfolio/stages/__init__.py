"""The steps of a study as thin adapters: read folders, call one room's function, write files. Parameters of `run` are inputs."""
