import type { Config } from '../../config/schema.ts'
import type { AlertChannel } from './channel.ts'
import { slackChannel, teamsChannel } from './chat-channels.ts'
import { pagerDutyChannel } from './pagerduty-channel.ts'
import { signedWebhookChannel } from './signed-webhook-channel.ts'

/** Opens the channels of a config file. Loads the mailer only if one of them needs it. */
export async function openChannels({
  alerts,
  observability,
}: Pick<Config, 'alerts' | 'observability'>): Promise<AlertChannel[]> {
  const { slack, teams, pagerduty, email, webhook } = alerts
  const channels: AlertChannel[] = []
  // The setting of the first version: everything except events.
  if (observability.webhook !== undefined) {
    channels.push(slackChannel({ name: 'observability', webhook: observability.webhook, atLeast: 'info' }))
  }
  if (slack !== undefined) {
    channels.push(slackChannel({ name: 'slack', webhook: slack.webhook, atLeast: slack.at_least }))
  }
  if (teams !== undefined) {
    channels.push(teamsChannel({ name: 'teams', webhook: teams.webhook, atLeast: teams.at_least }))
  }
  if (pagerduty !== undefined) channels.push(pagerDutyChannel(pagerduty))
  if (email !== undefined) channels.push((await import('./email-channel.ts')).emailChannel(email))
  if (webhook !== undefined) channels.push(signedWebhookChannel(webhook))
  return channels
}
