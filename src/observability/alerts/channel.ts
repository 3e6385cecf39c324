import type { DelayMs } from '../../model/delay.ts'
import { severities, type Severity } from '../../config/settings/alert-settings.ts'

/** What somebody is told: that a condition began, that it is over, or that something has happened. */
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
  /** Of what is over. */
  beganAtMs: number | null
  /** What is the matter and what to do. */
  text: string
}

/** Where alerts go. */
export interface AlertChannel {
  /** As in `alerts` of the config file. */
  readonly name: string
  readonly atLeast: Severity
  /** @throws WebhookFailure */
  send(event: AlertEvent): Promise<void>
}

/** A channel did not take a message. It says nothing of addresses that are secrets. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure'
  /** As the receiver asks for (Retry-After); null where it does not. */
  readonly retryAfterMs: DelayMs | null
  /** It refuses this message; it may accept another one. */
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

/** The title in a line of its own, or what is over in one. */
export function wordsOf(event: AlertEvent, emphasis = ''): string {
  const title = `${emphasis}${titleOf(event)}${emphasis}`
  if (event.state !== 'over') return `${title}\n${event.text}`
  return `${title}: ${event.text}`
}

/** A text of so many characters at most; what is cut shows. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
