"""Shows how often a QR code was scanned: by day, device, system and browser; on Advanced also by country and city.
Days are UTC days, both included; without them, the last 30.

    export QRCS_API_KEY=qrs_your_key_here
    python3 analytics.py 3b241101-e2bb-4255-8caf-4136c566a962
    python3 analytics.py 3b241101-e2bb-4255-8caf-4136c566a962 2026-03-01 2026-03-31
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

API_KEY = os.environ.get("QRCS_API_KEY")
API_URL = os.environ.get("QRCS_API_URL", "https://qrcodestack.com/api/v1")


def get(path):
    """Returns the answer. At a rate limit it waits as long as Retry-After says, unless that is more than a minute."""
    if not API_KEY:
        sys.exit("Set your API key first: export QRCS_API_KEY=qrs_your_key_here")
    request = urllib.request.Request(API_URL + path, headers={"Authorization": f"Bearer {API_KEY}"})
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        wait_seconds = int(error.headers.get("Retry-After", 1))
        if error.code == 429 and wait_seconds <= 60:
            print(f"Rate limit reached, waiting {wait_seconds} s", file=sys.stderr)
            time.sleep(wait_seconds)
            return get(path)
        try:
            answer = json.load(error)
        except ValueError:
            answer = {"error": error.reason, "code": error.code}
        details = [f"\n  {name} {', '.join(messages)}" for name, messages in answer.get("fields", {}).items()]
        sys.exit(f"{answer['error']} ({answer['code']}){''.join(details)}")
    except urllib.error.URLError as error:
        sys.exit(f"{API_URL} cannot be reached: {error.reason}")


if len(sys.argv) < 2:
    sys.exit("Usage: python3 analytics.py ID [FROM TO]")
days = "?from={}&to={}".format(*sys.argv[2:4]) if len(sys.argv) > 3 else ""
sums = get(f"/qr-codes/{sys.argv[1]}/analytics{days}")["data"]
print(f"{sums['from']} to {sums['to']}: {sums['total_scans']} scans, {sums['unique_scans']} unique")
for day in sums["series"]:
    print(day["date"], day["scans"])
for share in ("devices", "operating_systems", "browsers", "countries", "cities"):
    if share in sums:
        print(f"{share}:", ", ".join(f"{each['name']} {each['scans']}" for each in sums[share]))
