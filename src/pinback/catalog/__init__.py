"""What shops sell: products with their variants, prices, pictures and stock."""
