"""Where the streams of markets come from: feeds, what is made of them, and their processes."""
