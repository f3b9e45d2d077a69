"""Running it: is it alive, is it ready, how much it does, what each request took; and how the records are backed up and restored."""
