import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { linkKeyOf, type LinkSetting } from '../destinations/destination-setting.ts'
import type { SimulatedHubSpot } from '../destinations/simulated-hubspot.ts'
import type { World } from '../world.ts'
import { readRejectedIds, type TrueCode } from './landed-truth.ts'

interface Linked {
  ledger: Ledger
  codes: readonly TrueCode[]
  rule: LinkSetting
  /** The id of each code's record. */
  recordIds: ReadonlyMap<string, string>
}

/** Each record shows exactly the codes that name it. */
export async function linkedCodeProblems(
  world: World,
  hubspot: SimulatedHubSpot,
  { ledger, codes, rule, recordIds }: Linked,
): Promise<string[]> {
  const { object, property, field } = rule
  const { object: codeObject } = hubspot.setting
  // HubSpot does not associate products.
  if (object === 'products' || codeObject === 'products') return []
  if (field === 'name' && world.callsLeft.areFew) return []
  const { fake } = hubspot.network.account
  const rejected = await readRejectedIds(ledger, 'hubspot', 'link_codes')
  // Without a code, its object may not exist yet.
  const ties = codes.length === 0 ? [] : fake.associations(object, codeObject)
  const shown = new Set(ties.map(({ from, to }) => `${from} ${to}`))
  const problems: string[] = []
  for (const { id, properties } of fake.recordsOf(object)) {
    const key = properties[property] ?? ''
    for (const { code } of codes) {
      const isNamed = linkKeyOf(rule, code) === key
      const isShown = shown.delete(`${id} ${recordIds.get(code.id) ?? ''}`)
      if (isNamed === isShown || rejected.has(`${object}.${property}#${id}/${code.id}`)) continue
      const what = isShown ? 'shows a code that does not name it' : 'does not show its code'
      problems.push(`${object} ${key} ${what}: ${code.id}`)
    }
  }
  if (shown.size > 0) problems.push(`${shown.size} records of ${object} show what is no code`)
  return problems
}

/** Each record shows the scans of the codes that name it: as records, as events, or both. */
export async function linkedScanProblems(
  world: World,
  hubspot: SimulatedHubSpot,
  { ledger, codes, rule }: Omit<Linked, 'recordIds'>,
): Promise<string[]> {
  const { object, property, field } = rule
  if (object === 'products' || (field === 'name' && world.callsLeft.areFew)) return []
  const { setting, network } = hubspot
  const { fake } = network.account
  const rejected = await readRejectedIds(ledger, 'hubspot', 'link_scans')
  const scanIds = new Map<string, string>()
  if (setting.scans && codes.some(({ scans }) => scans.length > 0)) {
    for (const { id, properties } of fake.recordsOf('qr_scan')) {
      scanIds.set(id, properties['qrsync_scan_id'] ?? '')
    }
  }
  const ties = scanIds.size === 0 ? [] : fake.associations(object, 'qr_scan')
  const shown = new Set(ties.map(({ from, to }) => `${from} ${scanIds.get(to) ?? ''}`))
  const events = new Set(
    fake.events.map(({ objectId, occurredAt }) => `${objectId ?? ''} ${occurredAt ?? ''}`),
  )
  const problems: string[] = []
  for (const { id, properties } of fake.recordsOf(object)) {
    const key = properties[property] ?? ''
    for (const { code, scans } of codes) {
      const isNamed = linkKeyOf(rule, code) === key
      for (const scan of scans) {
        const isRejected = rejected.has(`${object}.${property}#${id}/${scan.id}`)
        const isShown = shown.delete(`${id} ${scan.id}`)
        if (isRejected) continue
        if (setting.scans && isShown !== isNamed) {
          problems.push(
            `${object} ${key} ${isShown ? 'shows a scan of another' : 'does not show its scan'}: ${scan.id}`,
          )
        }
        const at = new Date(scan.scanned_at).toISOString()
        if (setting.events && isNamed && !scan.wasOdd && !events.has(`${id} ${at}`)) {
          problems.push(`${object} ${key} has no event of its scan ${scan.id}`)
        }
      }
    }
  }
  return problems
}
