"""Reports as one HTML file each: tiles, tables, charts as inline SVG; light and dark, and nothing is loaded."""
