"""What people do with subscriptions: see plans, subscribe, change, cancel, undo, pause and resume."""
