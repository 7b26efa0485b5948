"""Patients as the unit: bootstrap intervals, paired comparisons, corrections for many tests."""
