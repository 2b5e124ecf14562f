"""`./run bench`: figures of the service beside baselines measured in the same run. Nothing here is a test."""
