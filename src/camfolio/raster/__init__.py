"""Slices and maps as PNG without interpolation: the matrix of examples, sprite sheets for the explorer, the card."""
