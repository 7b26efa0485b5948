"""Components that templates call: figures, tables, references to them, citations, checklists."""
