"""The storefront: what buyers see, on a phone first."""
