"""Reports as single HTML files with tiles, tables and charts as inline SVG, in light and dark, without external
files."""
