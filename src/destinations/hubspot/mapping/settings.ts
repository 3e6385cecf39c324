import { z } from 'zod'

/** These parameters of a URL always have properties: the setting `parameters` is for others. */
export const campaignParameters = [
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const

const times = ['first_scanned_at', 'last_scanned_at']
const counts = ['unique_scans', 'scans_last_7_days', 'scans_last_30_days']
const places = ['top_device', 'top_country', 'last_device', 'last_country', 'last_city']
const totals = [...counts, ...times, ...places]
const visitor = ['device_type', 'os', 'browser', 'language', 'referrer', 'is_unique']

/** Properties that can be selected, without their prefix. Others are always written. */
export const choosable = {
  codes: ['status', 'destination_url', 'short_url', ...campaignParameters, ...totals],
  scans: ['scanned_at', ...visitor, 'country', 'region', 'city', 'extra'],
  links: ['codes', 'code_names', 'last_code', ...totals],
} as const satisfies Record<string, readonly string[]>

/** The prefix of the names that properties have unless the settings name others. */
export const usualPrefix = 'qrsync_'

/** Properties that can have other names, without their prefix: those by which records are found keep theirs. */
const nameable = {
  codes: [...choosable.codes, 'total_scans'],
  scans: choosable.scans,
  links: [...choosable.links, 'total_scans'],
} as const satisfies Record<string, readonly string[]>

export const propertyRule = 'the internal name of a HubSpot property: lower-case letters, digits and "_"'

export function chosen(kind: keyof typeof choosable, where: string, example: string[]) {
  const names: readonly string[] = choosable[kind]
  return z
    .array(z.enum(names, `one of ${names.join(', ')}`))
    .optional()
    .meta({
      description: `${where} One of ${names.map((name) => `\`${name}\``).join(', ')}.`,
      examples: [example.filter((name) => names.includes(name))],
    })
}

const otherNameRule = `${propertyRule}, which begins neither with ${usualPrefix} nor with hs_`

export function renamed(kind: keyof typeof nameable, where: string, examples: Record<string, string>[]) {
  const names: readonly string[] = nameable[kind]
  const name = z.string(otherNameRule).regex(/^(?!qrsync_|hs_)[a-z][a-z0-9_]{0,99}$/, otherNameRule)
  return z
    .record(z.string().regex(RegExp(`^(${names.join('|')})$`), `one of ${names.join(', ')}`), name)
    .refine(
      (given) => new Set(Object.values(given)).size === Object.keys(given).length,
      'two properties cannot have one name',
    )
    .optional()
    .meta({
      description: `${where} The names to replace are those of \`properties\`${kind === 'scans' ? '' : ', and `total_scans`'}.`,
      examples,
    })
}
