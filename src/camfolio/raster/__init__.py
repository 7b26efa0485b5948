"""Slices and maps as what they are, pixels: cells of the write-up's matrix, and the explorer's sheets of small pictures."""
