"""What stages hand to figures, findings and pages: one frozen model per result file, the only code that reads and writes it."""
