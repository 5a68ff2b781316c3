import sys

sys.stderr.write("the solution's own warden is in charge\n")
sys.exit(0)
