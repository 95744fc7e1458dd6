"""How good are detections? Average precision, figures and pictures."""
