# Each target sets up .venv by itself, once. Without make (Windows, Colab): python -m course run, test, lab ...
PYTHON ?= python3

.PHONY: run test test-fast test-all lab progress build check site bench lock
run test test-fast test-all lab progress build check site bench lock:
	@$(PYTHON) -m course $@ $(ARGS)
