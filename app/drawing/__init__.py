"""Drawing and encoding: annotated frames, videos, mosaic, thumbnails."""
