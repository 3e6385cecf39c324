import { expect, it } from 'vitest'
import { alertSettings } from '../../../src/config/settings/alert-settings.ts'
import { openChannels } from '../../../src/observability/alerts/open-channels.ts'
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

it.each(['whsec_', 'whsec_c2hvcnQ=', `whsec_${'a'.repeat(200)}`, 'secret'])(
  'a secret that does not follow Standard Webhooks is refused: %s',
  (secret) => {
    const webhook = { ...everyChannel.webhook, secret }
    expect(alertSettings.safeParse({ webhook }).success).toBe(false)
  },
)
