import { createHmac } from 'node:crypto'
import type { AnalyticsDimension } from '../model/analytics.ts'
import { digitsOf, parseKeepingDigits } from '../model/exact-json.ts'
import type { Mask } from '../streams/mask.ts'
import { scans, type HashableField, type Scan } from '../streams/scans.ts'
import type { PrivacyConfig } from './schema.ts'

/** The field of a scan from which the shares of a dimension are computed. */
const fieldOf: Record<AnalyticsDimension, HashableField> = {
  device: 'device_type',
  os: 'os',
  browser: 'browser',
  country: 'country',
  city: 'city',
}

const hashDigits = 32

/** All others are in `extra`. */
const scanFields = Object.keys(scans.columns).filter((name) => name !== 'extra')

/** Creates the mask that `privacy` in the config file describes. */
export function createMask({ drop, hash, salt = '' }: PrivacyConfig): Mask {
  const emptied: Partial<Scan> = Object.fromEntries(drop.map((field) => [field, null]))
  const dropsUnknown = drop.includes('extra')
  const isDropped = (field: HashableField) => drop.includes(field)
  // The field is part of the hash, so that a region and a city with the same name have different ones.
  const hashOf = (field: HashableField, text: string) =>
    createHmac('sha256', salt).update(`${field}\0${text}`).digest('hex').slice(0, hashDigits)

  return {
    scan(row, hashed = []) {
      const masked = { ...row, ...emptied }
      for (const field of hash) {
        if (hashed.includes(field)) continue
        const text = row[field]
        if (text !== null) masked[field] = hashOf(field, text)
      }
      return masked
    },
    analytics(answer) {
      const breakdowns = answer.breakdowns
        .filter(({ dimension }) => !isDropped(fieldOf[dimension]))
        .map((share) => {
          const field = fieldOf[share.dimension]
          return hash.includes(field) ? { ...share, name: hashOf(field, share.name) } : share
        })
      return { ...answer, breakdowns }
    },
    hides: (field) =>
      [...drop, ...hash].some((hidden) => hidden === field) || (dropsUnknown && !scanFields.includes(field)),
    hidesDimension: (dimension) => isDropped(fieldOf[dimension]) || hash.includes(fieldOf[dimension]),
    text(json) {
      if (drop.length + hash.length === 0) return { json, hashed: [] }
      const row = parseKeepingDigits(json)
      if (typeof row !== 'object' || row === null || Array.isArray(row)) return { json: null, hashed: [] }
      const fields = Object.entries(row).filter(([name]) => !dropsUnknown || scanFields.includes(name))
      const hashed: string[] = []
      const kept = fields.map(([name, value]: [string, unknown]): [string, unknown] | null => {
        if (drop.some((field) => field === name)) return [name, null]
        const field = hash.find((each) => each === name)
        if (field === undefined || value === null) return [name, value]
        const text = digitsOf(value) ?? (typeof value === 'number' ? String(value) : value)
        if (typeof text !== 'string') return null
        hashed.push(name)
        return [name, hashOf(field, text)]
      })
      if (kept.includes(null)) return { json: null, hashed: [] }
      return { json: JSON.stringify(Object.fromEntries(kept.filter((field) => field !== null))), hashed }
    },
  }
}
