"""HTML and EPUB. `page.read` and `book.read` open a file."""
