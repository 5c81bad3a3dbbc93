"""The report for an office: its numbers and words as slides, as a workbook and as a PDF."""
