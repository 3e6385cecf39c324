r"""Creates up to 500 QR codes in one call, all of them or none (Advanced plan). Reads a line for each: its name, a tab,
and where it leads.

    export QRCS_API_KEY=qrs_your_key_here
    printf '%s\t%s\n' 'Crate 1' https://example.com/crates/1 'Crate 2' https://example.com/crates/2 | python3 bulk.py
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


rows = [line.rstrip("\n").split("\t") for line in sys.stdin if line.strip()]
codes = [{"name": row[0], "type": "url", "destination_url": row[-1]} for row in rows]
for code in call("POST", "/qr-codes/bulk", {"qr_codes": codes})["data"]:
    print(code["id"], code["short_url"], code["name"])
