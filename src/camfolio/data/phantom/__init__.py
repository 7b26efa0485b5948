"""Phantom: a CT-like slice from readers' contours and ratings; what they said of malignancy never enters.

Attenuation is simulated, in the order of a scan: tissue on a grid finer than the pixels, the scanner's point spread and
pixel aperture, quantum noise, whole Hounsfield units. Everything is drawn from the slice's id and the seed. Arrays of
these modules are float64 on the fine grid and lengths are in mm, unless said otherwise.
"""
