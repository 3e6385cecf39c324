import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { z } from 'zod'
import type { HubSpotSettings } from '../settings.ts'
import type { ConnectorError } from '../../../model/connector-error.ts'
import { parseBounded } from '../../../model/json-depth.ts'
import { scrubUnseen } from '../../../model/visible-text.ts'
import type { CallPacer, CallWindow } from '../../call-pacer.ts'
import { brokenOff, limitsSpent, toHubSpotError, unreadable } from './hubspot-error.ts'
import { dayWindow } from './rate-limits.ts'
import { createTransport, type HubSpotAnswer, type HubSpotRequest } from './transport.ts'

/**
 * Sends one request within the limits.
 *
 * @param judged statuses besides 2xx that the caller handles; every other one throws a `ConnectorError`
 */
export type Ask = (request: HubSpotRequest, judged?: readonly number[]) => Promise<Reply>

export interface Reply {
  status: number
  /** The response as it arrived, without the token. */
  text: string
  /** Parses the part that we need; throws a `ConnectorError` if it is missing. */
  read<T>(schema: z.ZodType<T>): T
  /**
   * Returns the error for a response that does not have the documented shape. `where` names the part, or is ''
   * for all of it.
   */
  unreadable: (where: string) => ConnectorError
  /** Returns the error for a status that the caller cannot handle. */
  refused: () => ConnectorError
}

/** What the limits depend on, as read from the account. */
export interface AccountLimits {
  timeZone?: string | undefined
  callsPerDay?: number | undefined
}

export interface Client {
  /** Begins one operation: its waits for the limits are measured from here. */
  begin(): Ask
  learn(limits: AccountLimits): void
  close(): Promise<void>
}

/** A longer wait throws instead of sleeping, so that it does not occupy a worker. */
const longestSleepMs = 15_000

/**
 * HubSpot counts a call when it arrives, and we count it when it leaves. A call that needs a second on its way
 * must not fall into the next window.
 */
const jitterMs = 1_000

/** All searches of an account share this limit, whichever app makes them. */
const searches: CallWindow = { name: 'second', windowMs: 1_000 + jitterMs, calls: 5 }

export interface ClientOptions {
  name: string
  config: HubSpotSettings
  pacer: CallPacer
  /** Sends the requests. Default: connections to HubSpot. */
  dispatcher?: Dispatcher | undefined
}

export function createClient({ name, config, pacer, dispatcher }: ClientOptions): Client {
  const { url, token } = config
  const transport = createTransport({ url, token, dispatcher })
  // The limit per 10 seconds is one of the app or key. The token names it, so that even the first call is
  // counted.
  const account = `hubspot/${createHash('sha256').update(config.token).digest('hex').slice(0, 12)}`
  const tenSeconds = { name: '10 seconds', windowMs: 10_000 + jitterMs, calls: config.calls_per_10_seconds }
  let limits: AccountLimits = {}
  let isLearned = false
  /** Calls made before it was known to which day they belong. */
  let owedCalls = 0

  /**
   * All windows that a call counts in, taken together: a slot that is taken before another wait would be too
   * old when the call leaves.
   */
  function windowsOf({ path }: HubSpotRequest): CallWindow[] {
    const { callsPerDay } = limits
    const wanted = path.endsWith('/search') ? [searches, tenSeconds] : [tenSeconds]
    if (callsPerDay !== undefined) wanted.push({ name: 'day', windowMs: 24 * 3_600_000, calls: callsPerDay })
    const share = ourDay()
    if (share !== undefined) wanted.push(share)
    return wanted
  }

  /** Undefined before the account's time zone is known: the first two calls of a process read it. */
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

  /** @returns how much longer it may sleep */
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
        const text = scrubUnseen(sent.text, (each) => each.replaceAll(config.token, '(the token)'))
        const answer = { ...sent, text }
        const { status } = answer
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

/** A response that cannot be parsed does not count as one: the call is repeated later. */
function readAnswer<T>(
  schema: z.ZodType<T>,
  { text }: HubSpotAnswer,
  request: HubSpotRequest,
  name: string,
): T {
  let json: unknown
  try {
    json = parseBounded(text)
  } catch {
    json = undefined
  }
  const read = schema.safeParse(json)
  if (read.success) return read.data
  throw unreadable(request, read.error.issues[0]?.path.join('.') ?? '', name)
}
