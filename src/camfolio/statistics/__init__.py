"""Statistics with patients as the unit: bootstrap intervals, paired comparisons, corrections for multiple testing."""
