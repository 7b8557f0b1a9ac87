"""What the pages are made with: pictures, mathematics, and two editions from one set of executed code."""
