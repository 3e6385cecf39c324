import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  changeAlert,
  forgetMessage,
  forgetMessagesBefore,
  postponeMessage,
  readAlerts,
  takeMessage,
  type Alert,
  type AlertChange,
} from '../ledger/connector/alerts.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { conditionsOf, events, time, type Condition } from './conditions.ts'
import { sendWebhook, WebhookFailure } from './send-webhook.ts'
import { readVitals, type Watched } from './vitals.ts'

const everyMs = 60_000
/** The longest pause that a webhook may ask for: behind it all other alerts wait. */
const longestPauseMs = 3_600_000
/** Messages that could not be sent within this time are deleted. */
const keptMs = 24 * 3_600_000

export interface AlertWatch {
  watched: readonly Watched[]
  webhook: string
  logger: Logger
  /** Counts attempts that the webhook did not take. */
  failures?: { inc(): void }
}

/**
 * Checks once a minute which conditions need an operator, and reports to the webhook when one begins and when it ends. The ledger
 * stores what was reported, so that no other worker reports it again, nor this one after a restart.
 *
 * @param now returns which connectors to watch and which webhook to use; null to watch nothing. A new config file may change it
 * @returns a function that stops the watch
 */
export function watchAlerts(now: () => AlertWatch | null): () => Promise<void> {
  const stop = new AbortController()
  const stopped = (async () => {
    while (!stop.signal.aborted) {
      const watch = now()
      if (watch !== null) await lookOnce(watch, Date.now())
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()
  return async () => {
    stop.abort()
    await stopped
  }
}

/** Never rejects: failures are logged, and the next check tries again. */
export async function lookOnce(watch: AlertWatch, nowMs: number): Promise<void> {
  const { watched, logger } = watch
  for (const [ledger, ofLedger] of Map.groupBy(watched, (each) => each.ledger)) {
    try {
      await noteChanges(ledger, ofLedger, nowMs)
      await sendMessages(watch, ledger, ofLedger, nowMs)
    } catch (error) {
      // Of an unreachable webhook, the failure is logged where it was met.
      if (error instanceof WebhookFailure) continue
      logger.warn({ err: error }, 'alerts: the ledger cannot be read; retrying in a minute')
    }
  }
}

async function noteChanges(ledger: Ledger, watched: readonly Watched[], nowMs: number): Promise<void> {
  const connectors = watched.map(({ connector }) => connector)
  const on = await readAlerts(ledger, connectors)
  const conditions = conditionsOf(await readVitals(ledger, watched, nowMs), on, nowMs)
  for (const change of changesBetween(on, conditions, nowMs)) await changeAlert(ledger, change, nowMs)
}

function changesBetween(
  on: readonly Alert[],
  conditions: readonly Condition[],
  nowMs: number,
): AlertChange[] {
  const keyOf = ({ connector, condition, destination }: Alert | Condition) =>
    JSON.stringify([connector, condition, destination])
  const before = new Set(on.map(keyOf))
  const now = new Set(conditions.map(keyOf))
  const begun = conditions
    .filter((each) => !before.has(keyOf(each)))
    .map(({ text, ...key }) => ({ key, isOn: true, text: `${titleOf(key)}\n${text}` }))
  const ended = on
    .filter((each) => !now.has(keyOf(each)))
    .map(({ beganAtMs, ...key }) => ({
      key,
      isOn: false,
      text: events.includes(key.condition)
        ? null
        : `${titleOf(key)}: over at ${time(nowMs)}, after it began at ${time(beganAtMs)}.`,
    }))
  return [...begun, ...ended]
}

function titleOf({ connector, condition, destination }: AlertChange['key']): string {
  return `*qrsync ${connector}${destination === '' ? '' : `, ${destination}`}: ${condition}*`
}

/** @throws WebhookFailure if it takes no message at all at present */
async function sendMessages(
  { webhook, logger, failures }: AlertWatch,
  ledger: Ledger,
  watched: readonly Watched[],
  nowMs: number,
): Promise<void> {
  const connectors = watched.map(({ connector }) => connector)
  await forgetMessagesBefore(ledger, connectors, nowMs - keptMs)
  const refused: string[] = []
  for (;;) {
    const message = await takeMessage(ledger, connectors, nowMs, refused)
    if (message === null) return
    try {
      await sendWebhook(webhook, message.text)
      await forgetMessage(ledger, message)
    } catch (error) {
      const failure = error instanceof WebhookFailure ? error : null
      await postponeMessage(ledger, message, nowMs + Math.min(failure?.retryAfterMs ?? 0, longestPauseMs))
      if (failure === null) throw error
      failures?.inc()
      logger.warn({ err: failure }, `${failure.message}; retrying in a minute`)
      if (!failure.isRefusal) throw failure
      refused.push(message.id)
    }
  }
}
