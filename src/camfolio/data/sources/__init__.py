"""Readers of data sources, one per module: `from_study` takes a source's settings and returns a `Reading`.

Settings and texts of a source are in the module of the same name in `camfolio.study.sources`.
"""
