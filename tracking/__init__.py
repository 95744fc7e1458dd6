"""Which boxes are the same vehicle: in one camera, and across cameras?"""
