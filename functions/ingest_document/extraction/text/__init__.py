"""Plain text, Markdown and CSV, and the encodings they are in."""
