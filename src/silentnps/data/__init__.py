"""Raw tables: what they must hold, how they are opened, checked and simulated."""
