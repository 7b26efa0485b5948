"""What templates call besides plain values: figures, tables, references to them, citations."""
