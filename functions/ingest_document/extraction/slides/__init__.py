"""PowerPoint (pptx). `presentation.read` opens a file."""
