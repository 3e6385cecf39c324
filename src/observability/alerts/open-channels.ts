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
  for (const [name, each] of named('slack', slack)) {
    channels.push(slackChannel({ name, webhook: each.webhook, atLeast: each.at_least }))
  }
  for (const [name, each] of named('teams', teams)) {
    channels.push(teamsChannel({ name, webhook: each.webhook, atLeast: each.at_least }))
  }
  for (const [name, each] of named('pagerduty', pagerduty)) channels.push(pagerDutyChannel(each, name))
  for (const [name, each] of named('email', email)) {
    channels.push((await import('./email-channel.ts')).emailChannel(each, name))
  }
  for (const [name, each] of named('webhook', webhook)) channels.push(signedWebhookChannel(each, name))
  return channels
}

/** Names the channels of a kind: `slack`, `slack-2` and so on. */
function named<Settings extends object>(
  kind: string,
  settings: Settings | Settings[] | undefined,
): [string, Settings][] {
  if (settings === undefined) return []
  const all = Array.isArray(settings) ? settings : [settings]
  return all.map((each, index) => [index === 0 ? kind : `${kind}-${index + 1}`, each])
}
