import type { Vendor } from '../vendor.ts'
import { placeOf, postgresSettings, takes, type PostgresSettings } from './settings.ts'

const urlVariable = 'DATABASE_URL'

export const postgres: Vendor<PostgresSettings> = {
  type: 'postgres',
  label: 'A PostgreSQL database',
  usualName: 'postgres',
  settings: postgresSettings,
  secrets: { database_url: urlVariable },
  standIns: { database_url: 'postgres://not-set.invalid/not-set' },
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
  firstLook: ({ schema }) => ({
    fields: { schema },
    command: `psql "$${urlVariable}" -c 'SELECT name, scans, last_scanned_at FROM "${schema}".scans_by_code ORDER BY scans DESC LIMIT 10'`,
  }),
  async open(name, settings) {
    const { createPostgresDestination } = await import('./postgres-destination.ts')
    return createPostgresDestination({ name, settings })
  },
}
