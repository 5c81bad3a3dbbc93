"""The report as slides; only this room imports python-pptx."""
