"""What tests of several rooms use: streams through the rules and through the database."""
