"""Arrays that stages hand to each other and to figures: one class per npz file, which alone knows how its keys are written."""
