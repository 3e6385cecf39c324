import { z } from 'zod'

const portRule = 'a port, 1 to 65535'
const webhookRule = 'the URL of a webhook that takes {"text": …}, such as https://hooks.slack.com/services/…'

export const observabilitySettings = z
  .strictObject({
    metrics_port: z
      .int(portRule)
      .min(1, portRule)
      .max(65_535, portRule)
      .optional()
      .meta({
        description: 'Serves `/metrics` and `/healthz` at this port; left out, nothing is served.',
        examples: [9464],
      }),
    metrics_host: z
      .string()
      .min(1)
      .prefault('127.0.0.1')
      .meta({
        description: 'Who may ask: `127.0.0.1` this machine only, `0.0.0.0` whoever reaches it.',
        examples: ['0.0.0.0'],
      }),
    webhook: z
      .url({ protocol: /^https?$/, error: webhookRule })
      .optional()
      .meta({
        description:
          'Told when something needs a person, and when it no longer does, as Slack takes it. The address is a secret: it has no place here.',
        examples: ['${SLACK_WEBHOOK_URL}'],
      }),
  })
  .prefault({})
  .meta({ description: 'What a worker tells of itself: metrics, health, alerts (docs/observability.md).' })
