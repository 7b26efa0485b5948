"""Inputs of several stages: parts of the split, samples of slices, and the maps to score."""
