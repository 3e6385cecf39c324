import type { Vendor } from '../vendor.ts'
import { shellWord } from '../shell-word.ts'
import { duckdbSettings, takes, type DuckDbSettings } from './settings.ts'

const usualPath = 'qr-codes.duckdb'

export const duckdb: Vendor<DuckDbSettings> = {
  type: 'duckdb',
  label: 'A DuckDB file on this machine',
  usualName: 'warehouse',
  settings: duckdbSettings,
  paths: ['path'],
  standIns: { path: 'not-set.duckdb' },
  standard: { type: 'duckdb', path: usualPath },
  where: ({ path }) => path,
  takes: () => takes,
  ask: async ({ text }) => ({
    type: 'duckdb',
    path: await text({
      message: "The file, relative to the config file's folder",
      standard: usualPath,
      setting: duckdbSettings.shape.path,
    }),
  }),
  firstLook: ({ path }) => ({
    fields: { duckdb: path },
    command: `duckdb -readonly ${shellWord(path)} "SELECT name, scans, last_scanned_at FROM scans_by_code ORDER BY scans DESC LIMIT 10"`,
  }),
  async open(name, { path }, { onlyReads }) {
    const { createDuckDbDestination } = await import('./duckdb-destination.ts')
    return createDuckDbDestination({ name, path, onlyReads })
  },
}
