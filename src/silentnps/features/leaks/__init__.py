"""Whether features could know what came after."""
