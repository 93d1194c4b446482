"""The room of letters: their words, their queue, their ways out."""
