import { z } from 'zod'
import { openConfigFile } from '../config/config-file.ts'
import { environmentOf } from '../config/environment-of.ts'
import { placeOf } from '../config/load-config.ts'
import { resolveReferences } from '../config/references.ts'
import { ledgerSettings } from '../config/settings/ledger-settings.ts'
import { name } from '../config/values/name.ts'
import { readConfigLoads } from '../ledger/connector/config-load.ts'
import { hasLedger, openLedger } from '../ledger/base/open-ledger.ts'
import { toTime } from '../model/to-time.ts'

/** The settings that lead to a connector's ledger. */
const whereabouts = z.object({ connector: name, ledger: ledgerSettings })

/**
 * For a command that cannot read the config file: says whether a process keeps running with the previous one.
 * Null if it does not, or if the file does not even name its ledger.
 */
export async function describeRunningConfig(path: string): Promise<string | null> {
  const place = placeIn(path)
  if (place === null || !hasLedger(place.location)) return null
  const ledger = await openLedger(place.location)
  try {
    const [load] = await readConfigLoads(ledger, [place.connector])
    if (load?.problem == null) return null
    return `qrsync keeps running with the config that it read at ${toTime(load.loadedAtMs)}.`
  } finally {
    await ledger.destroy()
  }
}

function placeIn(path: string): { connector: string; location: string } | null {
  try {
    const file = openConfigFile(path)
    resolveReferences(file, environmentOf(path, process.env), () => '')
    const { success, data } = whereabouts.safeParse(file.document.toJS())
    return success ? { connector: data.connector, location: placeOf(data.ledger, path).location } : null
  } catch {
    return null
  }
}
