// Lists all of your QR codes, with how often each was scanned.
//
//   export QRCS_API_KEY=qrs_your_key_here
//   node list-qrs.js

const { QRCS_API_KEY, QRCS_API_URL = 'https://qrcodestack.com/api/v1' } = process.env

async function main() {
  if (!QRCS_API_KEY) throw new Error('Set your API key first: export QRCS_API_KEY=qrs_your_key_here')
  for (let page = 1, pages = 1; page <= pages; page++) {
    // Oldest first: what is created meanwhile comes last, and moves no other code to another page.
    const { data, pagination } = await get(`/qr-codes?sort=created_at&per_page=100&page=${page}`)
    for (const code of data) console.log(`${code.id} ${code.scan_count} ${code.name}`)
    pages = pagination.total_pages
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
