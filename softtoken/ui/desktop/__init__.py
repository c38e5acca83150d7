"""What the window does with the desktop around it: files and printers that the person picks."""
