"""The check of preconditions: would a user's own adapters answer two-hop questions together?"""
