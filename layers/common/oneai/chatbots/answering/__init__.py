"""How a chatbot answers an admitted question: what its model is asked, and what of the model's output is the answer."""
