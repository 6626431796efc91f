"""What a planner's drawing page shows and proposes: sheets of zones, proposals and their faults, earlier versions."""
