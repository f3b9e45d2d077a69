"""What people keep and the writer of facts needs: silences, protected periods, zero reports; published as versions of registers."""
