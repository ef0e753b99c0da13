"""What an operator must see: alarms, who hears of them, and a dashboard."""
