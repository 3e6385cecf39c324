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
} from '../../ledger/connector/alerts.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { time, wants, WebhookFailure, type AlertChannel, type AlertEvent } from './channel.ts'
import { conditionsOf, events, severityOf, type Condition } from './conditions.ts'
import { readVitals, type Watched } from '../vitals.ts'

const everyMs = 60_000
/** The longest pause that a webhook may ask for, because all other alerts wait for it. */
const longestPauseMs = 3_600_000
/** Messages that could not be sent within this time are deleted. */
const keptMs = 24 * 3_600_000

export interface AlertWatch {
  watched: readonly Watched[]
  channels: readonly AlertChannel[]
  logger: Logger
  /** Counts attempts that the webhook did not accept. */
  failures?: { inc(): void }
}

/**
 * Checks once a minute which conditions need an operator, and reports to the channels when one begins and when it ends. The ledger
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
  const { watched, channels, logger } = watch
  for (const [ledger, ofLedger] of Map.groupBy(watched, (each) => each.ledger)) {
    try {
      await noteChanges(watch, ledger, ofLedger, nowMs)
      // A channel that is down delays no other.
      for (const channel of channels) await sendMessages(watch, channel, ledger, ofLedger, nowMs)
    } catch (error) {
      logger.warn({ err: error }, 'alerts: the ledger cannot be read; retrying in a minute')
    }
  }
}

type Told = Omit<AlertEvent, 'id'>

async function noteChanges(
  { channels }: AlertWatch,
  ledger: Ledger,
  watched: readonly Watched[],
  nowMs: number,
): Promise<void> {
  const connectors = watched.map(({ connector }) => connector)
  const on = await readAlerts(ledger, connectors)
  const conditions = conditionsOf(await readVitals(ledger, watched, nowMs), on, nowMs)
  for (const { key, isOn, told } of changesBetween(on, conditions, nowMs)) {
    const receivers = told === null ? [] : channels.filter((channel) => wants(channel, told))
    const messages = receivers.map(({ name }) => ({ channel: name, text: JSON.stringify(told) }))
    const report = told === null ? null : { state: told.state, text: told.text }
    await changeAlert(ledger, { key, isOn, report, messages }, nowMs)
  }
}

interface Change extends Pick<AlertChange, 'key' | 'isOn'> {
  /** Null if nobody is notified. */
  told: Told | null
}

function changesBetween(on: readonly Alert[], conditions: readonly Condition[], nowMs: number): Change[] {
  const keyOf = ({ connector, condition, destination }: Alert | Condition) =>
    JSON.stringify([connector, condition, destination])
  const before = new Set(on.map(keyOf))
  const now = new Set(conditions.map(keyOf))
  const begun = conditions
    .filter((each) => !before.has(keyOf(each)))
    .map(({ text, ...key }): Change => {
      const severity = severityOf(key.condition)
      const state = events.includes(key.condition) ? 'happened' : 'began'
      return { key, isOn: true, told: { ...key, severity, state, atMs: nowMs, beganAtMs: null, text } }
    })
  const ended = on
    .filter((each) => !now.has(keyOf(each)))
    .map(({ beganAtMs, ...key }): Change => {
      if (events.includes(key.condition)) return { key, isOn: false, told: null }
      const severity = severityOf(key.condition)
      const text = `over at ${time(nowMs)}, after it began at ${time(beganAtMs)}.`
      return { key, isOn: false, told: { ...key, severity, state: 'over', atMs: nowMs, beganAtMs, text } }
    })
  return [...begun, ...ended]
}

async function sendMessages(
  { logger, failures }: AlertWatch,
  channel: AlertChannel,
  ledger: Ledger,
  watched: readonly Watched[],
  nowMs: number,
): Promise<void> {
  const connectors = watched.map(({ connector }) => connector)
  await forgetMessagesBefore(ledger, connectors, nowMs - keptMs)
  const refused: string[] = []
  for (;;) {
    const message = await takeMessage(ledger, { connectors, channel: channel.name }, nowMs, refused)
    if (message === null) return
    try {
      await channel.send({ ...(JSON.parse(message.text) as Told), id: message.id })
      await forgetMessage(ledger, message)
    } catch (error) {
      const failure = error instanceof WebhookFailure ? error : null
      await postponeMessage(ledger, message, nowMs + Math.min(failure?.retryAfterMs ?? 0, longestPauseMs))
      if (failure === null) throw error
      failures?.inc()
      logger.warn({ err: failure, channel: channel.name }, `${failure.message}; retrying in a minute`)
      // The channel accepts no message at all now.
      if (!failure.isRefusal) return
      refused.push(message.id)
    }
  }
}
