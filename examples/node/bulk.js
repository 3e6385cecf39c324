// Creates up to 500 QR codes in one call, all of them or none (Advanced plan). Reads a line for each: its name, a tab,
// and where it leads.
//
//   export QRCS_API_KEY=qrs_your_key_here
//   printf '%s\t%s\n' 'Crate 1' https://example.com/crates/1 'Crate 2' https://example.com/crates/2 | node bulk.js

const { QRCS_API_KEY, QRCS_API_URL = 'https://qrcodestack.com/api/v1' } = process.env

async function main() {
  if (!QRCS_API_KEY) throw new Error('Set your API key first: export QRCS_API_KEY=qrs_your_key_here')
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
  const lines = text.split(/\r?\n/).filter(Boolean)
  const qr_codes = lines.map((line) => {
    const [name, destination_url] = line.split('\t')
    return { name, type: 'url', destination_url }
  })
  const { data } = await call('POST', '/qr-codes/bulk', { qr_codes })
  for (const code of data) console.log(`${code.id} ${code.short_url} ${code.name}`)
}

/** Returns the answer. At a rate limit it waits as long as Retry-After says, unless that is more than a minute. */
async function call(method, path, body) {
  const response = await fetch(QRCS_API_URL + path, {
    method,
    headers: { authorization: `Bearer ${QRCS_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const waitSeconds = Number(response.headers.get('retry-after') ?? 1)
  if (response.status === 429 && waitSeconds <= 60) {
    console.error(`Rate limit reached, waiting ${waitSeconds} s`)
    await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000))
    return call(method, path, body)
  }
  if (response.ok) return response.json()
  const answer = await response.json().catch(() => ({ error: 'HTTP', code: response.status }))
  const details = Object.entries(answer.fields ?? {}).map(
    ([name, messages]) => `\n  ${name} ${messages.join(', ')}`,
  )
  throw new Error(`${answer.error} (${answer.code})${details.join('')}`)
}

main().catch((error) => {
  console.error(error.cause?.message ?? error.message)
  process.exitCode = 1
})
