"""The parts of the flow, one per journey; none knows a widget."""
