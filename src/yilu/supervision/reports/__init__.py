"""Reports (报告): what a person on duty hands over, made of one commit's facts and alerts."""
