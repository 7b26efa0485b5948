"""Arrays that stages hand to each other and to figures: one class per npz file, the only code that reads and writes its keys."""
