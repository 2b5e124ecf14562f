"""报警结果查询: look up what became of a report to the police."""
