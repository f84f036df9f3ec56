"""Chatbots: a model and a team's documents, for visitors of the team's websites."""
