/** Tables that can be downloaded. */
export const csvTables = ['days', 'codes', 'campaigns', 'countries', 'devices', 'hours'] as const
export type CsvTable = (typeof csvTables)[number]

/** Actions that the page offers. */
export const actionNames = ['sync', 'pause', 'resume', 'replay', 'refill'] as const
export type ActionName = (typeof actionNames)[number]

export const periods = [7, 30, 90] as const
export type PeriodDays = (typeof periods)[number]

/** Paths of the served page. A page in a file has none of them. */
export const links = {
  overview: '/',
  scans: (connector: string, days: PeriodDays = 30) =>
    `/${encodeURIComponent(connector)}/scans${query({ days })}`,
  operations: (connector: string) => `/${encodeURIComponent(connector)}/operations`,
  code: (connector: string, id: string, days: PeriodDays = 30) =>
    `/${encodeURIComponent(connector)}/code${query({ id, days })}`,
  csv: (connector: string, table: CsvTable, days: PeriodDays, code?: string) =>
    `/${encodeURIComponent(connector)}/csv${query({ table, days, ...(code !== undefined && { code }) })}`,
  action: (connector: string, action: ActionName, destination?: string) =>
    `/${encodeURIComponent(connector)}/action${query({ action, ...(destination !== undefined && { destination }) })}`,
} as const

// A code's id may contain anything, even a slash, so it is a parameter and not part of the path.
function query(parameters: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(parameters)
    .filter(([name, value]) => name !== 'days' || value !== 30)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** Links to another address only if it leads to the web: never `javascript:` or a file. */
export function webUrl(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null
  const { protocol, href } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? href : null
}
