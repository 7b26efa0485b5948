"""What the field calls things: method keys of a study file, scalings, kinds of examples, and how pages and figures word them."""

from __future__ import annotations

KINDS = ("misclassified", "good", "bad")
FINER = "finer_"
GRADIENT_METHODS = {
    "grad_cam": "Grad-CAM",
    "hires_cam": "HiRes-CAM",
    "layer_cam": "Layer-CAM",
    "xgrad_cam": "XGrad-CAM",
    "grad_cam_plus_plus": "Grad-CAM++",
}
"""Each of them also has a variant that explains the margin to the strongest other class: `finer_` before its key."""
METHOD_NAMES = {
    **GRADIENT_METHODS,
    "score_cam": "Score-CAM",
    "ablation_cam": "Ablation-CAM",
    "eigen_cam": "Eigen-CAM",
    **{FINER + method: f"Finer {name}" for method, name in GRADIENT_METHODS.items()},
}
SCALING_NAMES = {
    "per_image": "share of the map's own maximum",
    "shared": "share of the method's largest value over all test slices",
    "signed": "signed share of the map's own largest magnitude",
}
"""Keys of `explanation.scaling`, and what a map's colours then stand for."""


def method_name(method: str) -> str:
    """The name by which the field knows a method; one of a user's own, MODULE.NAME, is named after its key.

    >>> method_name("hires_cam"), method_name("our.methods.edge_cam"), method_name("our.methods.finer_edge_cam")
    ('HiRes-CAM', 'Edge-CAM', 'Finer Edge-CAM')
    """
    module, _, key = method.rpartition(".")
    if not module:
        return METHOD_NAMES[method]
    words = ["CAM" if word == "cam" else word.capitalize() for word in key.removeprefix(FINER).split("_")]
    return ("Finer " if key.startswith(FINER) else "") + "-".join(words)
