import { expect, it } from 'vitest'
import { alertSettings } from '../../../src/config/settings/alert-settings.ts'
import { openChannels } from '../../../src/observability/alerts/open-channels.ts'
import { configText, refusalOf } from '../../support/config-text.ts'
import { everyChannel } from '../../support/every-channel.ts'

it('every channel is accepted as it is, and can be opened', async () => {
  expect(alertSettings.parse(everyChannel)).toEqual(everyChannel)
  const observability = { page: false, metrics_host: '127.0.0.1', webhook: 'https://hooks.example.com/1' }
  const channels = await openChannels({ alerts: alertSettings.parse(everyChannel), observability })
  expect(channels.map(({ name }) => name)).toEqual([
    'observability',
    'slack',
    'teams',
    'pagerduty',
    'email',
    'webhook',
  ])
})

it('a kind may be a list of channels, each with a name of its own', async () => {
  const { slack, pagerduty } = everyChannel
  const alerts = alertSettings.parse({
    slack: [slack, { webhook: 'https://hooks.example.com/4' }],
    pagerduty: [pagerduty],
  })
  const observability = { page: false, metrics_host: '127.0.0.1' }
  const channels = await openChannels({ alerts, observability })
  expect(channels.map(({ name, atLeast }) => [name, atLeast])).toEqual([
    ['slack', 'info'],
    ['slack-2', 'warning'],
    ['pagerduty', 'critical'],
  ])
})

it('a mistake in a list is named where it is', () => {
  using text = configText()
  const refusal = refusalOf(() =>
    text.load(`alerts: {slack: [{webhook: 'https://hooks.example.com/1'}, {at_last: info, webhook: '1'}]}`),
  )
  expect(refusal).toContain('alerts.slack.1.at_last: there is no such setting; did you mean at_least?')
  expect(refusal).toContain('alerts.slack.1.webhook: an address that begins with https: or http:')
  expect(refusalOf(() => text.load('alerts: {slack: room}'))).toContain(
    'alerts.slack: settings of a channel, or a list',
  )
  expect(refusalOf(() => text.load('alerts: {slack: []}'))).toContain('alerts.slack: at least one channel')
})

it.each(['whsec_', 'whsec_c2hvcnQ=', `whsec_${'a'.repeat(200)}`, 'secret'])(
  'a secret that does not follow Standard Webhooks is refused: %s',
  (secret) => {
    const webhook = { ...everyChannel.webhook, secret }
    expect(alertSettings.safeParse({ webhook }).success).toBe(false)
  },
)
