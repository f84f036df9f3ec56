"""What admins and support see of the business and its users, and the actions of admins."""
