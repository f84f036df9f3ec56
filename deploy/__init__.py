"""How what is deployed comes to be."""
