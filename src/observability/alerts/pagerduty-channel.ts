import { createHash } from 'node:crypto'
import type { Severity } from '../../config/settings/alert-settings.ts'
import { cut, time, titleOf, type AlertChannel, type AlertEvent } from './channel.ts'
import { postJson } from './post-json.ts'

const longestSummary = 1_024
const longestDedupKey = 255

/**
 * Uses the Events API v2: a problem triggers, and its end resolves. Both have the same key, so that no problem
 * exists twice.
 *
 * @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 */
export function pagerDutyChannel(
  settings: { routing_key: string; url: string; at_least: Severity },
  name = 'pagerduty',
): AlertChannel {
  return {
    name,
    atLeast: settings.at_least,
    keepsOpen: true,
    send: (event) =>
      postJson(settings.url, JSON.stringify(eventOf(event, settings.routing_key)), {}, 'PagerDuty'),
  }
}

function eventOf(event: AlertEvent, routingKey: string) {
  return {
    routing_key: routingKey,
    event_action: event.state === 'over' ? 'resolve' : 'trigger',
    dedup_key: keyOf(event),
    payload: {
      summary: cut(titleOf(event), longestSummary),
      source: `qrsync/${event.connector}`,
      severity: event.severity,
      timestamp: time(event.atMs),
      component: event.destination === '' ? event.connector : event.destination,
      class: event.condition,
      custom_details: { text: cut(event.text, 5_000) },
    },
  }
}

function keyOf({ connector, destination, condition }: AlertEvent): string {
  const key = ['qrsync', connector, destination, condition].join('/')
  return key.length <= longestDedupKey ? key : createHash('sha256').update(key).digest('hex')
}
