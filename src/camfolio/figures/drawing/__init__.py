"""Shared code of all figures: themes, panels, lines, number formats, examples, output files."""
