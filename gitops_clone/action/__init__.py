"""The GitHub Action (action.yml): from its inputs and the event to a run of the command line, and to its outputs."""
