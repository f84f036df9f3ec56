"""Excel (xlsx). `workbook.read` opens a file."""
