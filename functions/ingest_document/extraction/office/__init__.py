"""What Office files share: the package of parts, drawings, and the walk over text."""
