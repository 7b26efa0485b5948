"""Faults that builds of a study must survive: one module each, and what they share."""
