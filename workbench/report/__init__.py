"""What a run came to, for people: a figure, and a page that needs no server.

Importing this costs neither pandas nor plotly.
"""

from workbench.report.chart import candle_columns, figure
from workbench.report.measures import Measure, measures
from workbench.report.page import html
from workbench.report.statistics import Group, grouped

__all__ = ["Group", "Measure", "candle_columns", "figure", "grouped", "html", "measures"]
