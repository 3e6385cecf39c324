import type { Severity } from '../../config/settings/alert-settings.ts'
import { cut, titleOf, wordsOf, type AlertChannel, type AlertEvent } from './channel.ts'
import { postJson } from './post-json.ts'

/** Slack shows messages up to this length completely. */
const longestSlackText = 4_000
/** Teams refuses messages above 28 KB; a character has at most 4 bytes. */
const longestTeamsText = 5_000

interface ChatSettings {
  name: string
  webhook: string
  atLeast: Severity
}

/** @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export function slackChannel({ name, webhook, atLeast }: ChatSettings): AlertChannel {
  return {
    name,
    atLeast,
    keepsOpen: false,
    send: (event) =>
      postJson(webhook, JSON.stringify({ text: cut(escaped(wordsOf(event, '*')), longestSlackText) })),
  }
}

/** These three characters start links and mentions in Slack's messages. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const colors = { info: 'Accent', warning: 'Warning', critical: 'Attention' } as const

/**
 * Sends an Adaptive Card, the only form that Workflows accept.
 *
 * @see
 *   https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export function teamsChannel({ name, webhook, atLeast }: ChatSettings): AlertChannel {
  return {
    name,
    atLeast,
    keepsOpen: false,
    send: (event) => postJson(webhook, JSON.stringify(cardOf(event))),
  }
}

function cardOf(event: AlertEvent) {
  const color = event.state === 'over' ? 'Good' : colors[event.severity]
  const title = cut(titleOf(event), 500)
  const text = cut(event.text, longestTeamsText)
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', text: title, weight: 'Bolder', color, wrap: true },
            { type: 'TextBlock', text, wrap: true },
          ],
        },
      },
    ],
  }
}
