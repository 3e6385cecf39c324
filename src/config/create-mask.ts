import { createHmac } from 'node:crypto'
import type { AnalyticsDimension } from '../model/analytics.ts'
import type { Mask } from '../model/mask.ts'
import type { Scan } from '../model/scan.ts'
import type { hashableFields } from './privacy-settings.ts'
import type { PrivacyConfig } from './schema.ts'

type Hashable = (typeof hashableFields)[number]

/** The field of a scan that the shares of a dimension are made of. */
const fieldOf: Record<AnalyticsDimension, Hashable> = {
  ...{ device: 'device_type', os: 'os', browser: 'browser', country: 'country', city: 'city' },
}

const hashDigits = 32

/** What `privacy` in the config file asks for. */
export function createMask({ drop, hash, salt = '' }: PrivacyConfig): Mask {
  const emptied: Partial<Scan> = Object.fromEntries(drop.map((field) => [field, null]))
  const isDropped = (field: Hashable) => drop.includes(field)
  // The field is part of it: that a region and a city have one name is not told.
  const hashOf = (field: Hashable, text: string) =>
    createHmac('sha256', salt).update(`${field}\0${text}`).digest('hex').slice(0, hashDigits)

  return {
    scan(row) {
      const masked = { ...row, ...emptied }
      for (const field of hash) {
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
  }
}
