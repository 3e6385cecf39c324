import type { choosable } from '../mapping/settings.ts'

/** The most useful ones of the optional properties, in this order. */
const preferred = {
  links: ['last_scanned_at', 'last_code', 'code_names'],
  codes: ['last_scanned_at', 'scans_last_7_days', 'status', 'utm_campaign', 'top_country', 'top_device'],
} as const satisfies { [Kind in 'links' | 'codes']: readonly (typeof choosable)[Kind][number][] }

type Kind = keyof typeof preferred

/** An object that gets properties of a kind. */
export interface Wanting {
  kind: Kind
  /** How many properties that must be there are still missing. */
  required: number
  /** Whether the selection for its kind has no effect on it, because it has one of its own. */
  isFixed: boolean
}

/**
 * Returns lines of a config file with which all properties fit, for example on HubSpot Free, which has about
 * ten of its own in total.
 *
 * @param room how many properties can still be created
 * @returns null if not even the required ones fit
 */
export function mappingThatFits(wanting: readonly Wanting[], room: number): string | null {
  const least = wanting.reduce((sum, { required }) => sum + required, 0)
  if (least > room) return null
  let left = room - least
  const open = wanting.filter(({ isFixed }) => !isFixed)
  const kinds = [...new Set(open.map(({ kind }) => kind))]
  const chosen = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]))
  const most = Math.max(...Object.values(preferred).map(({ length }) => length))
  for (let place = 0; place < most; place += 1) {
    for (const kind of kinds) {
      const name = preferred[kind][place]
      // A selected property is created on each object of its kind.
      const costs = open.filter((each) => each.kind === kind).length
      if (name === undefined || costs > left) continue
      chosen.get(kind)?.push(name)
      left -= costs
    }
  }
  const lists = [...chosen].map(([kind, names]) => `${kind}: [${names.join(', ')}]`)
  return `properties: { ${lists.join(', ')} }`
}
