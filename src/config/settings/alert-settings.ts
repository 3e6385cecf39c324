import { z } from 'zod'
import { webUrl } from '../values/web-url.ts'

export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

const atLeast = (standard: Severity) =>
  z
    .enum(severities, 'info, warning or critical')
    .prefault(standard)
    .meta({
      description: 'Sends only alerts of this severity or a higher one.',
      examples: ['critical'],
    })

const secretAddress = (what: string, example: string) =>
  webUrl().meta({
    description: `${what} The address is a secret: never write it into the config file.`,
    examples: [example],
  })

const smtpRule = 'the address of a mail server, such as smtps://user:password@smtp.example.com'
const addressRule = 'an e-mail address'
const routingKeyRule = 'an integration key of 32 letters and digits'
const signingSecretRule = 'whsec_ and 24 to 64 bytes in Base64, as Standard Webhooks has them'

function isSigningSecret(text: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false
  const { length } = Buffer.from(text.slice('whsec_'.length), 'base64')
  return length >= 24 && length <= 64
}

/** A kind of channel: one, or a list of several, such as two rooms of a chat with different severities. */
const oneOrMore = <Channel extends z.ZodType>(channel: Channel) =>
  z
    .union(
      [channel, z.array(channel).min(1, 'at least one channel')],
      'settings of a channel, or a list of them',
    )
    .optional()

export const alertSettings = z
  .strictObject({
    slack: oneOrMore(
      z.strictObject({
        webhook: secretAddress('An incoming webhook of Slack.', '${SLACK_WEBHOOK_URL}'),
        at_least: atLeast('warning'),
      }),
    ).meta({ description: 'A channel of Slack, or a list of them.' }),
    teams: oneOrMore(
      z.strictObject({
        webhook: secretAddress('A webhook of Workflows in Microsoft Teams.', '${TEAMS_WEBHOOK_URL}'),
        at_least: atLeast('warning'),
      }),
    ).meta({ description: 'A channel of Microsoft Teams, or a list of them.' }),
    pagerduty: oneOrMore(
      z.strictObject({
        routing_key: z
          .string()
          .regex(/^[0-9a-zA-Z]{32}$/, routingKeyRule)
          .meta({
            description: 'The integration key of a service (Events API v2), from the environment or a file.',
            examples: ['${PAGERDUTY_ROUTING_KEY}'],
          }),
        url: webUrl()
          .prefault('https://events.pagerduty.com/v2/enqueue')
          .meta({
            description: 'Where events go: accounts in Europe have an address of their own.',
            examples: ['https://events.eu.pagerduty.com/v2/enqueue'],
          }),
        at_least: atLeast('critical'),
      }),
    ).meta({
      description: 'A service of PagerDuty, or a list of them. A problem that is over is resolved there.',
    }),
    email: oneOrMore(
      z.strictObject({
        smtp: z.url({ protocol: /^smtps?$/, error: smtpRule }).meta({
          description:
            'The mail server. `smtps:` encrypts from the start, `smtp:` with STARTTLS, which only a server on this machine may lack. The password is a secret: never write it into the config file.',
          examples: ['${SMTP_URL}'],
        }),
        sender: z.email(addressRule).meta({ description: 'Who sends.', examples: ['qrsync@example.com'] }),
        to: z
          .array(z.email(addressRule))
          .min(1, 'at least one address')
          .meta({ description: 'Who receives.', examples: [['on-call@example.com']] }),
        at_least: atLeast('warning'),
      }),
    ).meta({ description: 'E-mail, or a list of mails with other receivers.' }),
    webhook: oneOrMore(
      z.strictObject({
        webhook: secretAddress('Where each alert is posted as JSON.', '${ALERTS_URL}'),
        secret: z
          .string()
          .refine(isSigningSecret, signingSecretRule)
          .meta({
            description:
              'What each request is signed with, as standardwebhooks.com specifies it, from the environment or a file.',
            examples: ['${ALERTS_SECRET}'],
          }),
        at_least: atLeast('info'),
      }),
    ).meta({ description: 'Any program that takes signed JSON (docs/observability.md), or a list of them.' }),
  })
  .prefault({})
  .meta({
    description:
      'Who is told when something needs attention, and when it no longer does. Each kind of channel may be a list.',
  })
