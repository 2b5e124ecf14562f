"""The tests: the folders mirror `lookup/`; the modules beside this one test the whole."""
