"""What Office files share: the package of parts, charts, and the walk over text."""
