"""Sends the calls on standard input with segment-analytics-python: send.py URL WRITE_KEY [gzip]"""

import json
import sys
from datetime import datetime

from segment.analytics.client import Client

NAMES = {"userId": "user_id", "anonymousId": "anonymous_id", "groupId": "group_id", "previousId": "previous_id"}
url, write_key, gzip = sys.argv[1:]
errors = []
client = Client(write_key, host=url, gzip=bool(gzip), on_error=lambda error, batch: errors.append(error))
instant = lambda text: datetime.fromisoformat(text.replace("Z", "+00:00"))
for kind, call in json.load(sys.stdin):
    given = {NAMES.get(name, name): value for name, value in call.items() if name != "at"}
    # As programs in Python have them.
    if "since" in given.get("traits", {}):
        given["traits"]["ratio"] = float("nan")
        given["traits"]["since"] = instant(given["traits"]["since"])
    getattr(client, kind)(timestamp=instant(call["at"]), **given)
client.shutdown()
sys.exit(f"{errors}" if errors else 0)
