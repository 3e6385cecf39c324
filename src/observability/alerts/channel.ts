import type { DelayMs } from '../../model/delay.ts'
import { severities, type Severity } from '../../config/settings/alert-settings.ts'

/** A message: a condition began or is over, or something has happened. */
export interface AlertEvent {
  /** The same however often it is sent. */
  id: string
  connector: string
  condition: string
  /** A destination, or a field of the API; empty for the connector itself. */
  destination: string
  severity: Severity
  state: 'began' | 'over' | 'happened'
  atMs: number
  /** When a condition that is over began. */
  beganAtMs: number | null
  /** What is wrong and what to do. */
  text: string
}

/** A channel for alerts. */
export interface AlertChannel {
  /** As in `alerts` of the config file; with a number from the second of its kind on, as in `slack-2`. */
  readonly name: string
  readonly atLeast: Severity
  /** Whether the receiver keeps a condition open until it gets the message that it is over. */
  readonly keepsOpen: boolean
  /** @throws WebhookFailure */
  send(event: AlertEvent): Promise<void>
}

/** A channel did not accept a message. The error contains no secret address. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure'
  /** As the receiver asked for (Retry-After); null if it did not. */
  readonly retryAfterMs: DelayMs | null
  /** Whether it refuses this message; it may accept another one. */
  readonly isRefusal: boolean
  constructor(
    reason: string,
    retryAfterMs: DelayMs | null = null,
    isRefusal = false,
    receiver = 'the webhook',
  ) {
    super(`${receiver} did not accept a message: ${reason}`)
    this.retryAfterMs = retryAfterMs
    this.isRefusal = isRefusal
  }
}

export const wants = ({ atLeast }: AlertChannel, { severity }: Pick<AlertEvent, 'severity'>) =>
  severities.indexOf(severity) >= severities.indexOf(atLeast)

/** "qrsync acme, crm: destination stuck" */
export function titleOf({
  connector,
  condition,
  destination,
}: Pick<AlertEvent, 'connector' | 'condition' | 'destination'>): string {
  return `qrsync ${connector}${destination === '' ? '' : `, ${destination}`}: ${condition}`
}

/** "2026-03-14T09:00:00Z" */
export const time = (timeMs: number) => new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')

/** Puts the title on its own line, or the whole message on one line if a condition is over. */
export function wordsOf(event: AlertEvent, emphasis = ''): string {
  const title = `${emphasis}${titleOf(event)}${emphasis}`
  if (event.state !== 'over') return `${title}\n${event.text}`
  return `${title}: ${event.text}`
}

/** Cuts a text to this number of characters, and shows that it was cut. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
