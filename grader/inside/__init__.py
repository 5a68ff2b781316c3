"""What runs inside a side, in its driver and its Ray workers; copied there, file by file.

Imports nothing of the engine, because nothing of it is there. `kata_wire` is the language that judge,
warden, driver and workers speak: frames of plain data. `sitecustomize` is the name that Python imports by
itself at its start. `kata_privacy` keeps the reference's memory to itself. `kata_debugger` connects
`breakpoint()` to a terminal if `grade.py try --debug` asks for it.
"""
