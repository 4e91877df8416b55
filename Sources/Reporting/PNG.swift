// Grey pictures for reports.
