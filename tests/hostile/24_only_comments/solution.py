# to be done
