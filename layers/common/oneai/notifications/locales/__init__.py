"""The texts of the mails, by language."""
