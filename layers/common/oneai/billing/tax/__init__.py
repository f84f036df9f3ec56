"""India's goods and services tax, and the regions and GSTINs that decide it."""
