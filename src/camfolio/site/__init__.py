"""Pages as values: templates, the results they may use, wording, and the files for other generators."""
