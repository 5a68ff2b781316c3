"""What runs inside a side, in its driver and its Ray workers; copied there, file by file.

Imports nothing from the engine, because none of it is there. `kata_wire` is the language that judge, warden
and driver speak: frames of plain data.
"""
