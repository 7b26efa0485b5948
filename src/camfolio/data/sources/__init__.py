"""One file per way to obtain slices: `from_study` takes a source's settings and gives a `Reading`.

Settings and words of a source are in the module of the same name in `camfolio.study.sources`.
"""
