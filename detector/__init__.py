"""Where are the vehicles in this image?"""
