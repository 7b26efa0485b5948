"""Slices: reading sources, splitting by patient, and loading for the network."""
