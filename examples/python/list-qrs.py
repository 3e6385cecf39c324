"""Lists all of your QR codes, with how often each was scanned.

export QRCS_API_KEY=qrs_your_key_here
python3 list-qrs.py
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


page = pages = 1
while page <= pages:
    # Oldest first: what is created meanwhile comes last, and moves no other code to another page.
    answer = get(f"/qr-codes?sort=created_at&per_page=100&page={page}")
    for code in answer["data"]:
        print(code["id"], code["scan_count"], code["name"])
    pages = answer["pagination"]["total_pages"]
    page += 1
