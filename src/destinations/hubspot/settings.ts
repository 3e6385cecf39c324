import { z } from 'zod'
import { isCleartext, webUrl } from '../../config/values/web-url.ts'
import { campaignParameters, chosen, propertyRule, renamed } from './mapping/settings.ts'
import type { LinkRule } from '../../streams/summaries.ts'

const objectRule = 'the name of a CRM object, such as qr_code, companies, deals or products'
const objectName = z.string(objectRule).regex(/^[A-Za-z0-9_-]{1,100}$/, objectRule)

/** The languages of labels of properties, options and associations. */
export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/**
 * The property of a parameter, without the prefix, in the form of HubSpot's names: lower-case letters, digits
 * and "_".
 */
export function parameterProperty(parameter: string): string {
  return `url_${parameter.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`
}

/** "Products themselves can't be associated": https://developers.hubspot.com/docs/api-reference/latest/crm/objects/products/guide. */
const neverAssociated = ['products']

/** Whether HubSpot associates records of two objects. */
export function canAssociate(one: string, other: string): boolean {
  return !neverAssociated.includes(one) && !neverAssociated.includes(other)
}

/** Objects on whose records HubSpot shows custom events. */
const eventObjects = ['contacts', 'companies', 'deals', 'tickets']

/** The value of `object` if codes have no records of their own. */
export const noObject = 'none'

const parameterRule = 'the name of a parameter of a URL, such as store: the utm_ ones have properties anyway'
const parameterName = z
  .string(parameterRule)
  .min(1)
  .max(80, parameterRule)
  .refine(
    (name) => /[A-Za-z0-9]/.test(name) && !(campaignParameters as readonly string[]).includes(name),
    parameterRule,
  )

const link = z
  .strictObject({
    object: objectName.meta({
      description: 'The object to find records of, such as `contacts` or `companies`.',
      examples: ['contacts'],
    }),
    property: z
      .string(propertyRule)
      .regex(/^[a-z][a-z0-9_]{0,99}$/, propertyRule)
      .meta({
        description: 'The property that identifies a record, such as `email` or `domain`.',
        examples: ['email'],
      }),
    parameter: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: "The parameter of a code's destination URL that holds the property's value.",
        examples: ['contact'],
      }),
    field: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Instead of `parameter`: the field of the code that holds the value.',
        examples: ['name'],
      }),
    properties: chosen('links', 'On the records of this rule, in place of `properties.links`.', [
      'last_scanned_at',
    ]),
    names: renamed('links', 'On the records of this rule, in place of `names.links`.', [
      { last_scanned_at: 'acme_last_scan' },
    ]),
  })
  .refine(
    ({ parameter, field }) => (parameter === undefined) !== (field === undefined),
    "one of parameter (of a code's destination URL) and field (of the code)",
  )

const urlRule = 'an address that begins with https: (the token goes there); http: only on this machine'

export const hubspotSettings = z
  .strictObject({
    type: z.literal('hubspot').meta({ description: 'HubSpot, the CRM.' }),
    token: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'a token: no spaces or line breaks')
      .meta({
        description:
          'The token of a service key or private app, from the environment or from a file: never write it into the config file.',
        examples: ['${HUBSPOT_TOKEN}'],
      }),
    url: webUrl(urlRule)
      .refine((url) => !isCleartext(url), urlRule)
      .prefault('https://api.hubapi.com')
      .meta({
        description: 'For tests only: HubSpot has one address for all accounts.',
        examples: ['http://127.0.0.1:4020'],
      }),
    object: objectName.prefault('qr_code').meta({
      description:
        'The object that stores codes: the custom object `qr_code`, which qrsync creates if the account has custom objects, or an existing object. With `none`, qrsync only writes to the records that `link` finds.',
      examples: ['products'],
    }),
    scans: z
      .boolean('true or false')
      .prefault(false)
      .meta({
        description:
          'Whether qrsync also stores each scan as a record of the custom object `qr_scan`, associated with its code.',
        examples: [true],
      }),
    parameters: z
      .array(parameterName)
      .refine(
        (names) => new Set(names.map(parameterProperty)).size === names.length,
        'two parameters would have the same property',
      )
      .prefault([])
      .meta({
        description:
          'Further parameters of the destination URL that become properties of a code, besides `utm_source`, `utm_medium`, `utm_campaign`, `utm_term` and `utm_content`.',
        examples: [['gclid', 'store']],
      }),
    properties: z
      .strictObject({
        codes: chosen('codes', 'On records of codes.', ['total_scans', 'last_scanned_at']),
        scans: chosen('scans', 'On records of scans.', ['device_type', 'country']),
        links: chosen('links', 'On records that `link` finds.', ['last_scanned_at', 'code_names']),
      })
      .prefault({})
      .meta({
        description:
          'Which properties qrsync writes, by their internal names without `qrsync_`. Default: all. Those by which records are found, named and compared are written in any case.',
      }),
    names: z
      .strictObject({
        codes: renamed('codes', 'On records of codes.', [{ last_scanned_at: 'acme_last_scan' }]),
        scans: renamed('scans', 'On records of scans.', [{ country: 'acme_country' }]),
        links: renamed('links', 'On records that `link` finds.', [{ last_scanned_at: 'acme_last_scan' }]),
      })
      .prefault({})
      .meta({
        description:
          'Other internal names for properties, by their usual ones without `qrsync_`. qrsync creates them; it refuses a name that a property of somebody else has.',
      }),
    link: z
      .array(link)
      .refine(
        (rules) => new Set(rules.map(({ object }) => object)).size === rules.length,
        'one rule per object: two would write the same properties of its records',
      )
      .prefault([])
      .meta({
        description:
          'Rules that write scan totals to the records of other objects, such as contacts, that the codes name.',
      }),
    events: z
      .boolean('true or false')
      .prefault(false)
      .meta({
        description:
          'Whether each scan of a code that names a contact, company, deal or ticket becomes an event on its timeline: custom events are part of HubSpot Enterprise.',
        examples: [false],
      }),
    associate: z
      .boolean('true or false')
      .prefault(true)
      .meta({
        description:
          'Whether the records that `link` finds are associated with their codes, so that each shows the other.',
        examples: [false],
      }),
    lists: z
      .boolean('true or false')
      .prefault(false)
      .meta({
        description:
          'Whether qrsync also creates an active list (segment) for each rule under `link`: the records whose codes were scanned in the last 7 days. Needs the scopes `crm.lists.read` and `crm.lists.write`.',
        examples: [false],
      }),
    language: z
      .enum(languages, 'en or de')
      .optional()
      .meta({
        description:
          "The language of labels in HubSpot: `en` or `de`. Default: German in an account whose time zone is Germany's or Austria's, otherwise English.",
        examples: ['de'],
      }),
    calls_per_10_seconds: z
      .int()
      .min(1)
      .max(1_000)
      .prefault(100)
      .meta({
        description:
          'The limit of the service key or app: 100 for Free and Starter, 190 for Professional and Enterprise.',
        examples: [190],
      }),
    calls_per_day: z
      .int()
      .min(100)
      .optional()
      .meta({
        description:
          "qrsync's share of the account's daily limit, which all its apps share. When it is used up, deliveries wait until the account's day ends. Default: the whole limit.",
        examples: [20_000],
      }),
  })
  .refine(({ object, link }) => object !== noObject || link.length > 0, {
    error: 'without an object for codes, a rule under link is needed: there is nothing else to write',
    path: ['object'],
  })
  .refine(({ object, scans }) => object !== noObject || !scans, {
    error: 'records of scans need an object for codes, such as qr_code',
    path: ['scans'],
  })
  .refine(({ events, link }) => !events || link.some(({ object }) => eventObjects.includes(object)), {
    error:
      'events needs a rule under link to contacts, companies, deals or tickets: HubSpot shows events on these',
    path: ['events'],
  })
  .refine(({ lists, link }) => !lists || link.length > 0, {
    error: 'lists needs a rule under link: a list shows the records that a rule finds',
    path: ['lists'],
  })
  .refine(
    ({ lists, link, properties }) =>
      !lists ||
      link.every((rule) => (rule.properties ?? properties.links)?.includes('last_scanned_at') ?? true),
    {
      error: 'lists needs last_scanned_at among the properties of each rule: the list shows records by it',
      path: ['lists'],
    },
  )
  .refine(({ object, link }) => link.every((rule) => rule.object !== object), {
    error:
      'an object other than the one that stores codes: both would write the same properties of its records',
    path: ['link'],
  })

export type HubSpotSettings = z.output<typeof hubspotSettings>

type LinkSettings = HubSpotSettings['link'][number]

/** The rule's name in the ids of rows, and so in lists of rejected rows: "contacts.email". */
export function ruleName({ object, property }: LinkSettings): string {
  return `${object}.${property}`
}

function toLinkRule(link: LinkSettings): LinkRule {
  const { parameter, field } = link
  return { name: ruleName(link), source: parameter === undefined ? { field: field ?? '' } : { parameter } }
}

export type HubSpotStream = 'code_summaries' | 'scans' | 'link_summaries' | 'link_codes' | 'link_scans'

/** Counts in a CRM need not be newer than this, and rows that are sent together share a call. */
const gatherMs = 60_000

/** Whether records of scans are associated with those that a rule finds. */
export function showsScans(
  { scans, associate }: Pick<HubSpotSettings, 'scans' | 'associate'>,
  { object }: Pick<LinkSettings, 'object'>,
): boolean {
  return scans && associate && canAssociate(object, 'qr_scan')
}

/** Whether a scan becomes an event on the records that a rule finds. */
export function sendsEvents(
  { events }: Pick<HubSpotSettings, 'events'>,
  { object }: Pick<LinkSettings, 'object'>,
): boolean {
  return events && eventObjects.includes(object)
}

/** Accepts a record of each code, and of each scan and link if the settings ask for them. */
export function takesOf(config: HubSpotSettings) {
  const { object, scans, link, associate } = config
  const streams: HubSpotStream[] = object === noObject ? [] : ['code_summaries']
  if (scans) streams.push('scans')
  if (link.length > 0) streams.push('link_summaries')
  const isAssociated =
    associate && object !== noObject && link.some((rule) => canAssociate(object, rule.object))
  if (isAssociated) streams.push('link_codes')
  if (link.some((rule) => showsScans(config, rule) || sendsEvents(config, rule))) streams.push('link_scans')
  return { streams, gatherMs, linkRules: link.map(toLinkRule) }
}
