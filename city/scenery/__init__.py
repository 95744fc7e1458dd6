"""What stands beside the roads: buildings, trees, street furniture, the skyline."""
