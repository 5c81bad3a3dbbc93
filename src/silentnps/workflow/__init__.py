"""The steps of a project, one function per command: files in, files out."""
