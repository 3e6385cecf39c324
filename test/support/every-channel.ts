/** `alerts` of a config file, with every channel and each of its settings. */
export const everyChannel = {
  slack: { webhook: 'https://hooks.example.com/1', at_least: 'info' },
  teams: { webhook: 'https://hooks.example.com/2', at_least: 'warning' },
  pagerduty: {
    routing_key: 'a'.repeat(32),
    url: 'https://events.eu.pagerduty.com/v2/enqueue',
    at_least: 'critical',
  },
  email: {
    smtp: 'smtps://qrsync:hidden@smtp.example.com',
    sender: 'qrsync@example.com',
    to: ['on-call@example.com'],
    at_least: 'warning',
  },
  webhook: {
    webhook: 'https://hooks.example.com/3',
    secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
    at_least: 'info',
  },
}
