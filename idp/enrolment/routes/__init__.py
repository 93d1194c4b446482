"""The pages of the six steps, one file for each pair that belongs together; `wizard` is what all of them share."""
