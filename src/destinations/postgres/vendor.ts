import type { Vendor } from '../vendor.ts'
import { shellWord } from '../shell-word.ts'
import { placeOf, postgresSettings, takes, type PostgresSettings } from './settings.ts'

const urlVariable = 'DATABASE_URL'

export const postgres: Vendor<PostgresSettings> = {
  type: 'postgres',
  label: 'A PostgreSQL database',
  usualName: 'postgres',
  settings: postgresSettings,
  secrets: { database_url: urlVariable },
  standIns: { database_url: 'postgres://not-set.invalid/not-set', schema: 'not-set' },
  where: placeOf,
  takes: () => takes,
  ask: async ({ text, secret }) => ({
    type: 'postgres',
    database_url: await secret({
      message: 'The URL of the database, such as postgres://user:password@host/database?sslmode=verify-full',
      setting: postgresSettings.shape.database_url,
      variable: urlVariable,
    }),
    schema: await text({
      message: 'The schema; qrsync creates it if it does not exist',
      standard: 'qrsync',
      setting: postgresSettings.shape.schema,
    }),
  }),
  firstLook({ database_url: url, schema }, written) {
    const table = `"${schema.replaceAll('"', '""')}".scans_by_code`
    const query = `SELECT name, scans, last_scanned_at FROM ${table} ORDER BY scans DESC LIMIT 10`
    const variable = /^\$\{(\w+)\}$/.exec(written('database_url') ?? '')?.[1]
    const database = variable === undefined ? shellWord(withoutPassword(url)) : `"$${variable}"`
    return { fields: { schema }, command: `psql ${database} -c ${shellWord(query)}` }
  },
  async open(name, settings) {
    const { createPostgresDestination } = await import('./postgres-destination.ts')
    return createPostgresDestination({ name, settings })
  },
}

/** A URL that a terminal may show; psql asks for the password. */
function withoutPassword(url: string): string {
  const shown = new URL(url)
  shown.password = ''
  for (const secret of ['password', 'sslpassword']) shown.searchParams.delete(secret)
  return shown.href
}
