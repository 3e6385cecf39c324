// Shows the account of your API key, its plan, and how much of it is used.
//
//   export QRCS_API_KEY=qrs_your_key_here
//   node me.js

const { QRCS_API_KEY, QRCS_API_URL = 'https://qrcodestack.com/api/v1' } = process.env

async function main() {
  if (!QRCS_API_KEY) throw new Error('Set your API key first: export QRCS_API_KEY=qrs_your_key_here')
  const { data } = await get('/me')
  const { usage } = data
  console.log(`${data.email}, plan ${data.plan}`)
  console.log(`QR codes: ${usage.dynamic_qr_count} of ${usage.dynamic_qr_limit}`)
  console.log(`API calls this month: ${usage.api_calls_this_month} of ${usage.api_calls_monthly_limit}`)
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
