"""The inbox: visitors' conversations as the team of their chatbots answers them."""
