import { expect, it } from 'vitest'
import { createWorkspace, runQrsync } from '../../support/processes/connector-process.ts'
import { startWebhookReceiver } from '../../support/observability/webhook-receiver.ts'

it('`alerts test` reaches every channel, whatever its severity, and names the one that refuses', async () => {
  using workspace = createWorkspace()
  await using operations = await startWebhookReceiver()
  await using marketing = await startWebhookReceiver()
  await using pagerDuty = await startWebhookReceiver()
  await using program = await startWebhookReceiver()
  marketing.answer(404)
  workspace.configure({
    connector: 'acme',
    alerts: {
      slack: [{ webhook: operations.url, at_least: 'critical' }, { webhook: marketing.url }],
      pagerduty: { routing_key: '${ROUTING_KEY}', url: pagerDuty.url },
      webhook: { webhook: program.url, secret: `whsec_${Buffer.alloc(24, 1).toString('base64')}` },
    },
  })
  // Neither the API's key nor its address is set: only the channels' own secrets are needed.
  const environment = { ROUTING_KEY: 'a'.repeat(32) }
  const run = (...options: string[]) =>
    runQrsync(['alerts', 'test', '--config', workspace.config, ...options], { environment }).ended

  const { code, stdout, stderr } = await run('--json')
  expect(JSON.parse(stdout)).toEqual({
    connector: 'acme',
    channels: [
      { channel: 'slack', at_least: 'critical', is_sent: true, error: null },
      {
        channel: 'slack-2',
        at_least: 'warning',
        is_sent: false,
        error: 'the webhook did not accept a message: it answered 404',
      },
      { channel: 'pagerduty', at_least: 'critical', is_sent: true, error: null },
      { channel: 'webhook', at_least: 'info', is_sent: true, error: null },
    ],
  })
  expect(code).toBe(1)
  expect(stdout + stderr).not.toContain('hidden')
  const text = '*qrsync acme: test*\nThis is a test of "qrsync alerts test". Nothing is wrong.'
  expect(operations.bodies).toEqual([{ text }])
  const actions = pagerDuty.bodies.map((body) => (body as { event_action: string }).event_action)
  expect(actions, 'no incident stays open').toEqual(['trigger', 'resolve'])
  const types = program.bodies.map((body) => (body as { type: string }).type)
  expect(types, 'nothing stays open in a program either').toEqual(['alert.began', 'alert.over'])

  const one = await run('--channel', 'slack')
  expect([one.code, one.stdout]).toEqual([0, 'slack: sent. It gets alerts of severity critical.\n'])
  expect(operations.bodies).toHaveLength(2)
  const none = await run('--channel', 'slack-3')
  expect(none.code).toBe(1)
  expect(none.stderr).toContain('no alert channel slack-3. It has: slack, slack-2, pagerduty, webhook.')
})
