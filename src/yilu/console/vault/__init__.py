"""The vault's door: requests to open the sealed waybill number of one item, approved by two, opened once, each step in the audit."""
