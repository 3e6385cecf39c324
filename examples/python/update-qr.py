"""Sends a QR code to a new destination. The printed code stays as it is.

export QRCS_API_KEY=qrs_your_key_here
python3 update-qr.py 3b241101-e2bb-4255-8caf-4136c566a962 https://example.com/summer-menu
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

API_KEY = os.environ.get("QRCS_API_KEY")
API_URL = os.environ.get("QRCS_API_URL", "https://qrcodestack.com/api/v1")


def call(method, path, body=None):
    """Returns the answer. At a rate limit it waits as long as Retry-After says, unless that is more than a minute."""
    if not API_KEY:
        sys.exit("Set your API key first: export QRCS_API_KEY=qrs_your_key_here")
    request = urllib.request.Request(
        API_URL + path,
        method=method,
        headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"},
        data=body and json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        wait_seconds = int(error.headers.get("Retry-After", 1))
        if error.code == 429 and wait_seconds <= 60:
            print(f"Rate limit reached, waiting {wait_seconds} s", file=sys.stderr)
            time.sleep(wait_seconds)
            return call(method, path, body)
        try:
            answer = json.load(error)
        except ValueError:
            answer = {"error": error.reason, "code": error.code}
        details = [f"\n  {name} {', '.join(messages)}" for name, messages in answer.get("fields", {}).items()]
        sys.exit(f"{answer['error']} ({answer['code']}){''.join(details)}")
    except urllib.error.URLError as error:
        sys.exit(f"{API_URL} cannot be reached: {error.reason}")


if len(sys.argv) != 3:
    sys.exit("Usage: python3 update-qr.py ID DESTINATION_URL")
qr_code_id, destination_url = sys.argv[1:]
code = call("PATCH", f"/qr-codes/{qr_code_id}", {"destination_url": destination_url})["data"]
print(code["short_url"], "now leads to", code["destination_url"])
