"""What the documents say is carried out."""
