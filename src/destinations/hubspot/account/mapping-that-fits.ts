import type { choosable } from '../settings.ts'

/** Of those that can be left out, the ones that say most, first. */
const preferred = {
  links: ['last_scanned_at', 'last_code', 'code_names'],
  codes: ['last_scanned_at', 'scans_last_7_days', 'status', 'utm_campaign', 'top_country', 'top_device'],
} as const satisfies { [Kind in 'links' | 'codes']: readonly (typeof choosable)[Kind][number][] }

type Kind = keyof typeof preferred

/** An object that gets properties of a kind, and how many of them must be there in any case and are not yet. */
export interface Wanting {
  kind: Kind
  required: number
}

/**
 * The lines of a config file with which all properties fit, as those of HubSpot Free, which has about ten of its own in all.
 *
 * @param room how many properties can still be made
 * @returns null where not even those fit that are written in any case
 */
export function mappingThatFits(wanting: readonly Wanting[], room: number): string | null {
  const least = wanting.reduce((sum, { required }) => sum + required, 0)
  if (least > room) return null
  let left = room - least
  const kinds = [...new Set(wanting.map(({ kind }) => kind))]
  const chosen = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]))
  const most = Math.max(...Object.values(preferred).map(({ length }) => length))
  for (let place = 0; place < most; place += 1) {
    for (const kind of kinds) {
      const name = preferred[kind][place]
      // One that is chosen is made on each object of its kind.
      const costs = wanting.filter((each) => each.kind === kind).length
      if (name === undefined || costs > left) continue
      chosen.get(kind)?.push(name)
      left -= costs
    }
  }
  const lists = [...chosen].map(([kind, names]) => `${kind}: [${names.join(', ')}]`)
  return `properties: { ${lists.join(', ')} }`
}
