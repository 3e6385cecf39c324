// Shows how often a QR code was scanned: by day, device, system and browser; on Advanced also by country and city.
// Days are UTC days, both included; without them, the last 30.
//
//   export QRCS_API_KEY=qrs_your_key_here
//   node analytics.js 3b241101-e2bb-4255-8caf-4136c566a962
//   node analytics.js 3b241101-e2bb-4255-8caf-4136c566a962 2026-03-01 2026-03-31

const { QRCS_API_KEY, QRCS_API_URL = 'https://qrcodestack.com/api/v1' } = process.env

async function main() {
  if (!QRCS_API_KEY) throw new Error('Set your API key first: export QRCS_API_KEY=qrs_your_key_here')
  const [id, from, to] = process.argv.slice(2)
  if (!id) throw new Error('Usage: node analytics.js ID [FROM TO]')
  const days = to ? `?from=${from}&to=${to}` : ''
  const { data } = await get(`/qr-codes/${id}/analytics${days}`)
  console.log(`${data.from} to ${data.to}: ${data.total_scans} scans, ${data.unique_scans} unique`)
  for (const day of data.series) console.log(`${day.date} ${day.scans}`)
  for (const share of ['devices', 'operating_systems', 'browsers', 'countries', 'cities']) {
    const each = data[share]?.map(({ name, scans }) => `${name} ${scans}`)
    if (each) console.log(`${share}: ${each.join(', ')}`)
  }
}

/** Returns the answer. At a rate limit it waits as long as Retry-After says, unless that is more than a minute. */
async function get(path) {
  const headers = { authorization: `Bearer ${QRCS_API_KEY}` }
  const response = await fetch(QRCS_API_URL + path, { headers })
  const waitSeconds = Number(response.headers.get('retry-after') ?? 1)
  if (response.status === 429 && waitSeconds <= 60) {
    console.error(`Rate limit reached, waiting ${waitSeconds} s`)
    await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000))
    return get(path)
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
