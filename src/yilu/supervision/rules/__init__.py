"""Rules (规则): what facts need a person, and the evidence for it."""
