"""Where do frames come from, and where do the answers go?"""
