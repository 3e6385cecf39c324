import type { DelayMs } from '../model/delay.ts'
import { oddRetryAfterText, readRetryAfter } from '../model/retry-after.ts'

const timeoutMs = 10_000

/** The webhook did not take a message. It says nothing of the URL, which is a secret. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure'
  /** As the receiver asks for (Retry-After); null where it does not. */
  readonly retryAfterMs: DelayMs | null
  /** It refuses this message; it may accept another one. */
  readonly isRefusal: boolean
  constructor(reason: string, retryAfterMs: DelayMs | null = null, isRefusal = false) {
    super(`the webhook did not accept a message: ${reason}`)
    this.retryAfterMs = retryAfterMs
    this.isRefusal = isRefusal
  }
}

/**
 * Posts a message in the form that Slack's incoming webhooks take, and others with them.
 *
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * @throws WebhookFailure
 */
export async function sendWebhook(url: string, text: string): Promise<void> {
  let answer: Response
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: escaped(text) }),
      // It was this address that somebody trusted.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await answer.body?.cancel()
  } catch (error) {
    throw new WebhookFailure(reasonOf(error))
  }
  if (answer.ok) return
  const { headers } = answer
  const asked = readRetryAfter(headers.get('retry-after'), headers.get('date'), Date.now())
  const odd = asked === null ? null : oddRetryAfterText('It', asked)
  const reason = `it answered ${answer.status}`
  const isRefusal = asked === null && refusals.has(answer.status)
  throw new WebhookFailure(odd === null ? reason : `${reason}. ${odd}`, asked?.delayMs ?? null, isRefusal)
}

/** Statuses that are about the message, and not about the receiver or its address. */
const refusals = new Set([400, 413, 415, 422])

/** In Slack's messages these three begin links and mentions. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached'
  const { code } = (error.cause ?? {}) as { code?: string }
  return (
    code ??
    (error.name === 'TimeoutError' ? `no answer within ${timeoutMs / 1_000} s` : 'it cannot be reached')
  )
}
