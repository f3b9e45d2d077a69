"""Accounts: users, logging in, who is kept out for a while."""
