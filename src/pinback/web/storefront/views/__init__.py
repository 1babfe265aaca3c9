"""Views of the storefront: looking around, buying, and what was bought."""
