import sys

sys.stderr.write(f"{__name__} of the solution's folder is in charge\n")
sys.exit(0)
