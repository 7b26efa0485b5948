"""The network: its architecture, weights, training and evaluation."""

from __future__ import annotations

from camfolio.processes import name_user

name_user()
