import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { z } from 'zod'
import type { HubSpotSettings } from '../settings.ts'
import type { ConnectorError } from '../../../model/connector-error.ts'
import type { CallPacer, CallWindow } from '../../call-pacer.ts'
import { brokenOff, limitsSpent, toHubSpotError, unreadable } from './hubspot-error.ts'
import { dayWindow } from './rate-limits.ts'
import { createTransport, type HubSpotAnswer, type HubSpotRequest } from './transport.ts'

/**
 * Sends one request within the limits.
 *
 * @param judged statuses besides 2xx that the caller judges itself; every other one is thrown as a `ConnectorError`
 */
export type Ask = (request: HubSpotRequest, judged?: readonly number[]) => Promise<Reply>

export interface Reply {
  status: number
  /** As it came, but for the token. */
  text: string
  /** The part of it that we need; throws a `ConnectorError` where it is not there. */
  read<T>(schema: z.ZodType<T>): T
  /** What to throw where it is not of the documented shape: `where` names the place, '' the whole of it. */
  unreadable: (where: string) => ConnectorError
  /** What to throw where the caller can make nothing of its status. */
  refused: () => ConnectorError
}

/** What the limits depend on, learned from the account. */
export interface AccountLimits {
  timeZone?: string | undefined
  callsPerDay?: number | undefined
}

export interface Client {
  /** For one operation: what it may wait for the limits is counted from here. */
  begin(): Ask
  learn(limits: AccountLimits): void
  close(): Promise<void>
}

/** A longer wait is not slept through: it is thrown, so that no worker is held. */
const longestSleepMs = 15_000

/**
 * HubSpot counts when a call arrives, we when it leaves: one that was a second on its way must not meet those of the next
 * window.
 */
const jitterMs = 1_000

/** All searches of an account share this limit, whoever makes them. */
const searches: CallWindow = { name: 'second', windowMs: 1_000 + jitterMs, calls: 5 }

export interface ClientOptions {
  name: string
  config: HubSpotSettings
  pacer: CallPacer
  /** What sends the requests; connections to HubSpot where not given. */
  dispatcher?: Dispatcher | undefined
}

export function createClient({ name, config, pacer, dispatcher }: ClientOptions): Client {
  const { url, token } = config
  const transport = createTransport({ url, token, dispatcher })
  // The limit of 10 seconds is that of the app or key. Its token names it, so that the very first call is counted too.
  const account = `hubspot/${createHash('sha256').update(config.token).digest('hex').slice(0, 12)}`
  const tenSeconds = { name: '10 seconds', windowMs: 10_000 + jitterMs, calls: config.calls_per_10_seconds }
  let limits: AccountLimits = {}
  let isLearned = false
  /** Calls made before it was known which day they belong to. */
  let owedCalls = 0

  /** All that a call takes a place in, at once: a place that is taken before another wait would be too old when the call leaves. */
  function windowsOf({ path }: HubSpotRequest): CallWindow[] {
    const { callsPerDay } = limits
    const wanted = path.endsWith('/search') ? [searches, tenSeconds] : [tenSeconds]
    if (callsPerDay !== undefined) wanted.push({ name: 'day', windowMs: 24 * 3_600_000, calls: callsPerDay })
    const share = ourDay()
    if (share !== undefined) wanted.push(share)
    return wanted
  }

  /** Undefined before the account's time zone is known: the first two calls of a process ask for it. */
  function ourDay(): CallWindow | undefined {
    const calls = config.calls_per_day
    if (calls === undefined || !isLearned) return undefined
    return dayWindow(calls, limits.timeZone, Date.now())
  }

  async function payOwed(): Promise<void> {
    const share = ourDay()
    if (share === undefined) return
    for (; owedCalls > 0; owedCalls -= 1) await pacer.take(account, [share])
  }

  function spent(waitMs: number): ConnectorError {
    const share = ourDay()
    const endsMs = share?.fromMs === undefined ? undefined : share.fromMs + share.windowMs - Date.now()
    const isShare = endsMs !== undefined && Math.abs(waitMs - endsMs) < jitterMs
    return limitsSpent(name, waitMs, isShare ? share : undefined)
  }

  /** @returns what is left to sleep */
  async function takeTurn(request: HubSpotRequest, sleepMs: number): Promise<number> {
    let leftMs = sleepMs
    for (;;) {
      const waitMs = await pacer.take(account, windowsOf(request))
      if (waitMs <= 0) return leftMs
      if (waitMs > leftMs) throw spent(waitMs)
      await sleep(waitMs)
      leftMs -= waitMs
    }
  }

  return {
    begin() {
      let leftMs = longestSleepMs
      return async (request, judged = []) => {
        await payOwed()
        leftMs = await takeTurn(request, leftMs)
        if (!isLearned) owedCalls += 1
        const sent = await transport.send(request).catch((error: unknown) => {
          throw brokenOff(error, request, name)
        })
        const answer = { ...sent, text: sent.text.replaceAll(config.token, '(the token)') }
        const { status, text } = answer
        const refused = () =>
          toHubSpotError(answer, request, { name, timeZone: limits.timeZone, nowMs: Date.now() })
        if ((status < 200 || status > 299) && !judged.includes(status)) throw refused()
        return {
          status,
          text,
          read: (schema) => readAnswer(schema, answer, request, name),
          unreadable: (where) => unreadable(request, where, name),
          refused,
        }
      }
    },
    learn(learned) {
      limits = { ...limits, ...learned }
      isLearned = true
    },
    close: () => transport.close(),
  }
}

/** What cannot be read is no answer: it is asked again later. */
function readAnswer<T>(
  schema: z.ZodType<T>,
  { text }: HubSpotAnswer,
  request: HubSpotRequest,
  name: string,
): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  const read = schema.safeParse(json)
  if (read.success) return read.data
  throw unreadable(request, read.error.issues[0]?.path.join('.') ?? '', name)
}
