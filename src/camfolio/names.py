"""What the field calls things: method keys of a study file and the names on pages and figures."""

from __future__ import annotations

METHOD_NAMES = {"grad_cam": "Grad-CAM", "hires_cam": "HiRes-CAM", "score_cam": "Score-CAM"}
