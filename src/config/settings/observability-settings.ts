import { z } from 'zod'
import { webUrl } from '../values/web-url.ts'
import { pageSettings } from './page-settings.ts'

const portRule = 'a port, 1 to 65535'
const webhookRule =
  'the URL of a webhook that accepts {"text": …}, such as https://hooks.slack.com/services/…'

export const observabilitySettings = z
  .strictObject({
    page: pageSettings,
    metrics_port: z
      .int(portRule)
      .min(1, portRule)
      .max(65_535, portRule)
      .optional()
      .meta({
        description: 'The worker serves `/metrics` and `/healthz` at this port. Default: it serves nothing.',
        examples: [9464],
      }),
    metrics_host: z
      .string()
      .min(1)
      .prefault('127.0.0.1')
      .meta({
        description:
          'The address to listen on: `127.0.0.1` for this machine only, `0.0.0.0` for all networks.',
        examples: ['0.0.0.0'],
      }),
    temporal_ui: webUrl()
      .optional()
      .meta({
        description:
          'The address of the Temporal UI of your own server, for links on the page and in `qrsync runs`. The server that `up` starts has its own.',
        examples: ['http://localhost:8080'],
      }),
    webhook: webUrl(webhookRule)
      .optional()
      .meta({
        description:
          'A Slack-compatible webhook that receives a message when something needs attention, and when it no longer does. The address is a secret: never write it into the config file.',
        examples: ['${SLACK_WEBHOOK_URL}'],
      }),
  })
  .prefault({})
  .meta({
    description: 'The page, metrics, health and alerts of the worker (docs/page.md, docs/observability.md).',
  })
