"""One file per way to obtain slices: `from_study` takes a source's settings and gives a `Reading`.

A new source is a module here and its class in `camfolio.study.sources`.
"""
