"""What does this vehicle look like, as a 512-D vector?"""
