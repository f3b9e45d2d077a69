"""The record of who did and looked at what: entries in a Merkle tree as in RFC 6962."""
