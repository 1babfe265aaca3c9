"""What the seller's pages answer, by what they are about."""
