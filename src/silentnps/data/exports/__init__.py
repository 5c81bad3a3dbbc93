"""What other programs export: presets that say which columns mean what, and which rows count."""
