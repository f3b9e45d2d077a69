"""What needs an answer (监督): rules to alerts."""
