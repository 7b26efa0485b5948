"""What the field calls things: method keys of a study file and the names on pages and figures, and the kinds of examples."""

from __future__ import annotations

KINDS = ("misclassified", "good", "bad")
METHOD_NAMES = {"grad_cam": "Grad-CAM", "hires_cam": "HiRes-CAM", "score_cam": "Score-CAM"}
