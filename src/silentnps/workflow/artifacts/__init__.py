"""The files of a project: each module writes, reads and refuses its own."""
