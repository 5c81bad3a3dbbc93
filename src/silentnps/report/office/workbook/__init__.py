"""The report as a workbook; only this room imports XlsxWriter."""
