"""One file per way to obtain slices. A new source is a module with `read` here, its settings in `config`, its entry in
`stages.slices`.
"""
