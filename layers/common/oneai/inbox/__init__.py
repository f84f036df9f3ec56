"""The inbox: visitors' conversations as the team of their chatbots reads, sorts and changes them."""
