"""What a run needs beside its pipeline: opened cameras, networks, earlier runs, stopping."""
