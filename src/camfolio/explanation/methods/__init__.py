"""The CAM methods, one file each, found by being there: how it weighs a layer's channels, and what pages say of it.

y is the target's logit before softmax, or its margin over the other class, A the layer's activations, g = dy/dA. Each function returns the signed map
before its ReLU: positive where evidence supports the target. Everything else is done once, elsewhere. `ABOUT`, a
`MethodWords` of literals, holds name, colour and words; the method's slow twin is in tests/reference_cams.py. Methods
from user code need neither (see `registry`).
"""

from importlib import import_module
from pkgutil import iter_modules

for found in iter_modules(__path__):
    import_module(f"{__name__}.{found.name}")
