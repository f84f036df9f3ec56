"""What admins and support see of the business and of its users, and what admins do."""
