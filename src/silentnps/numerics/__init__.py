"""Pure numbers that everybody uses: arrays in, arrays out; nothing here knows a customer."""
