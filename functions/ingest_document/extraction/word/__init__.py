"""Word (docx). `document.read` opens a file."""
