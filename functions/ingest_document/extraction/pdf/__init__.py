"""PDF. `document.read` opens a file, `page_images.render` draws its pages."""
