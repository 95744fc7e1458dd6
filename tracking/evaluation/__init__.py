"""How good is the answer? IDF1, CLEAR, HOTA, within a camera and across cameras."""
