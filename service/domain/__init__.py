"""What an incident is: pure values and functions, without a clock, chance, or the world."""
