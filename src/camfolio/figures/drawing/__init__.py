"""What all figures share: style, panels, lines, examples, files."""
