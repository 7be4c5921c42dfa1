"""What is wrong with labelled data: labels, what is easy and hard to learn, where a model is weak."""
