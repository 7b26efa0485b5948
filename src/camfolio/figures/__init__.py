"""Pictures of results: each module draws one kind of figure in light and dark, with alt text and the data behind it."""
