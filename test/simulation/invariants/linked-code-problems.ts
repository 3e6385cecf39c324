import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { LinkSetting } from '../destinations/destination-setting.ts'
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

/** Each record shows the codes that name it, and no other. */
export async function linkedCodeProblems(
  world: World,
  hubspot: SimulatedHubSpot,
  { ledger, codes, rule: { object, property, field }, recordIds }: Linked,
): Promise<string[]> {
  const { object: codeObject } = hubspot.setting
  // HubSpot associates products with nothing.
  if (object === 'products' || codeObject === 'products') return []
  if (field === 'name' && world.isMonthNearlySpent) return []
  const { fake } = hubspot.network.account
  const rejected = await readRejectedIds(ledger, 'hubspot', 'link_codes')
  // Without a code, its object may not be made yet.
  const ties = codes.length === 0 ? [] : fake.associations(object, codeObject)
  const shown = new Set(ties.map(({ from, to }) => `${from} ${to}`))
  const problems: string[] = []
  for (const { id, properties } of fake.recordsOf(object)) {
    const key = properties[property] ?? ''
    for (const { code } of codes) {
      const isNamed = (field === 'name' ? code.name : 'q.test') === key
      const isShown = shown.delete(`${id} ${recordIds.get(code.id) ?? ''}`)
      if (isNamed === isShown || rejected.has(`${object}.${property}#${id}/${code.id}`)) continue
      const what = isShown ? 'shows a code that does not name it' : 'does not show its code'
      problems.push(`${object} ${key} ${what}: ${code.id}`)
    }
  }
  if (shown.size > 0) problems.push(`${shown.size} records of ${object} show what is no code`)
  return problems
}
