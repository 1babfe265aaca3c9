"""Access: who may do what over the API."""
