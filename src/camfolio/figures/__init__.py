"""Figures of results: each module draws one figure in light and dark, with alternative text and its data as CSV."""
