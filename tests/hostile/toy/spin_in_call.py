def total(keys):
    while True:
        pass
