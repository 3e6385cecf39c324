import { z } from 'zod'

const portRule = 'a port, 1 to 65535'
const webhookRule = 'the URL of a webhook that takes {"text": …}, such as https://hooks.slack.com/services/…'

export const observability = z
  .strictObject({
    /** Serves /metrics and /healthz; left out, nothing is served. */
    metrics_port: z.int(portRule).min(1, portRule).max(65_535, portRule).optional(),
    /** Who may ask: `127.0.0.1` this machine only, `0.0.0.0` whoever reaches it. */
    metrics_host: z.string().min(1).default('127.0.0.1'),
    /** Told when something needs a person, and when it no longer does. Written as `${SLACK_WEBHOOK_URL}`: it is a secret. */
    webhook: z.url({ protocol: /^https?$/, error: webhookRule }).optional(),
  })
  .default({ metrics_host: '127.0.0.1' })

export type ObservabilityConfig = z.output<typeof observability>
