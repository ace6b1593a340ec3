"""Cut-outs path-traced by Blender's Cycles: light, refraction and threads as a camera sees them.

``indexnet render`` makes a pack that has them (``making``); ``tracing`` and what it calls need
Blender's module. Number *i* of a kind is always the same thing.
"""
