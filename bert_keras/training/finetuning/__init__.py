"""What helps where labelled data is scarce: rates by layer, adapters, second passes, several seeds."""
