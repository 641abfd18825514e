"""What the data say: encoding, physics features, surrogates, diagnostics."""
