import { createHmac } from 'node:crypto'
import type { Severity } from '../../config/settings/alert-settings.ts'
import type { AlertChannel, AlertEvent } from './channel.ts'
import { postJson } from './post-json.ts'

/**
 * Posts JSON that its receiver can verify.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedWebhookChannel(
  settings: { webhook: string; secret: string; at_least: Severity },
  name = 'webhook',
): AlertChannel {
  const key = Buffer.from(settings.secret.replace(/^whsec_/, ''), 'base64')
  return {
    name,
    atLeast: settings.at_least,
    // Any program may: it gets the beginning and the end.
    keepsOpen: true,
    send(event) {
      const body = JSON.stringify(bodyOf(event))
      const timestamp = Math.floor(Date.now() / 1_000)
      const signed = createHmac('sha256', key).update(`${event.id}.${timestamp}.${body}`).digest('base64')
      const headers = {
        'webhook-id': event.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signed}`,
      }
      return postJson(settings.webhook, body, headers)
    },
  }
}

function bodyOf({ connector, condition, destination, severity, state, atMs, beganAtMs, text }: AlertEvent) {
  return {
    type: `alert.${state}`,
    timestamp: new Date(atMs).toISOString(),
    data: {
      connector,
      condition,
      destination: destination === '' ? null : destination,
      severity,
      began_at: beganAtMs === null ? null : new Date(beganAtMs).toISOString(),
      text,
    },
  }
}
