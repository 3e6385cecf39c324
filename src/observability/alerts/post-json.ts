import { fetch, type Response } from 'undici'
import { WebhookFailure } from './channel.ts'
import { certificateAdvice } from '../../model/certificate-advice.ts'
import { openDispatcher } from '../../http/open-dispatcher.ts'
import { oddRetryAfterText, readRetryAfter } from '../../model/retry-after.ts'

const timeoutMs = 10_000

/**
 * Posts JSON once. The URL may be a secret, so no error names it.
 *
 * @param receiver the receiver's name in errors
 * @throws WebhookFailure
 */
export async function postJson(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  receiver = 'the webhook',
): Promise<void> {
  const dispatcher = openDispatcher(new URL(url).origin, {})
  let answer: Response
  try {
    answer = await fetch(url, {
      dispatcher,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      // The user trusted this address, and no other.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await answer.body?.cancel()
  } catch (error) {
    throw new WebhookFailure(reasonOf(error), null, false, receiver)
  } finally {
    await dispatcher.close()
  }
  if (answer.ok) return
  const asked = readRetryAfter(answer.headers.get('retry-after'), answer.headers.get('date'), Date.now())
  const odd = asked === null ? null : oddRetryAfterText('It', asked)
  const reason = `it answered ${answer.status}`
  const isRefusal = asked === null && refusals.has(answer.status)
  const why = odd === null ? reason : `${reason}. ${odd}`
  throw new WebhookFailure(why, asked?.delayMs ?? null, isRefusal, receiver)
}

/** Statuses that concern the message, not the receiver or its address. */
const refusals = new Set([400, 413, 415, 422])

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached'
  const { code } = (error.cause ?? {}) as { code?: string }
  return (
    certificateAdvice(error) ??
    code ??
    (error.name === 'TimeoutError' ? `no answer within ${timeoutMs / 1_000} s` : 'it cannot be reached')
  )
}
