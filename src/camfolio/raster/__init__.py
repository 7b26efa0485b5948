"""Slices and maps as PNG without interpolation: the matrix of the write-up, sheets for the explorer, and the card."""
