"""What stages hand to figures, findings and pages: one frozen model per result file, which alone reads and writes it."""
