"""Prints what TensorBoard's own readers find in a folder's event files, as JSON.

    pip install tensorboard && python3 read_events.py FOLDER
"""

import base64
import json
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.util import tensor_util


def scalar(tensor):
    return {"value": float(tensor)}


def image(tensor):
    width, height, png = tensor
    return {"width": int(width), "height": int(height), "png": base64.b64encode(png).decode()}


def text(tensor):
    return {"text": tensor.item().decode()}


folder = sys.argv[1]
found = {"scalars": {}, "images": {}, "text": {}}
contents = {"scalars": scalar, "images": image, "text": text}

# What the dashboards are given: each value converted to a tensor of the plugin that shows it.
dashboards = plugin_event_accumulator.EventAccumulator(
    folder, size_guidance={plugin_event_accumulator.TENSORS: 0}
)
dashboards.Reload()
for tag in dashboards.Tags()["tensors"]:
    plugin = dashboards.SummaryMetadata(tag).plugin_data.plugin_name
    found[plugin][tag] = [
        {"step": event.step, "wallTime": event.wall_time}
        | contents[plugin](tensor_util.make_ndarray(event.tensor_proto))
        for event in dashboards.Tensors(tag)
    ]

# The reader that scripts and notebooks use must agree.
scripts = event_accumulator.EventAccumulator(folder, size_guidance={event_accumulator.SCALARS: 0})
scripts.Reload()
for tag in scripts.Tags()["scalars"]:
    events = [
        {"step": event.step, "wallTime": event.wall_time, "value": event.value}
        for event in scripts.Scalars(tag)
    ]
    assert events == found["scalars"][tag], (events, found["scalars"][tag])

print(json.dumps(found))
