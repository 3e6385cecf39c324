// Sends a QR code to a new destination. The printed code stays as it is.
//
//   export QRCS_API_KEY=qrs_your_key_here
//   node update-qr.js 3b241101-e2bb-4255-8caf-4136c566a962 https://example.com/summer-menu

const { QRCS_API_KEY, QRCS_API_URL = 'https://qrcodestack.com/api/v1' } = process.env

async function main() {
  if (!QRCS_API_KEY) throw new Error('Set your API key first: export QRCS_API_KEY=qrs_your_key_here')
  const [id, destination_url] = process.argv.slice(2)
  if (!destination_url) throw new Error('Usage: node update-qr.js ID DESTINATION_URL')
  const { data } = await call('PATCH', `/qr-codes/${id}`, { destination_url })
  console.log(`${data.short_url} now leads to ${data.destination_url}`)
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
