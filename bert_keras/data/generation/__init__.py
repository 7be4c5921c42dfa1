"""Sources and the texts that are to be written from them."""
