"""What is wrong with the data of a task: before training, in its files; after it, by what a model learned of them."""
