"""What training minimises: means over what counts, rows and slots that have weight, and a label."""
