import type { Property } from './property.ts'

export interface HubSpotRecord {
  id: string
  /** Only what has a value. */
  properties: Record<string, string>
  createdAtMs: number
  updatedAtMs: number
}

/** Records of one object type, with an index for each property whose values are unique. */
export interface RecordStore {
  readonly records: Map<string, HubSpotRecord>
  /** The record that holds the value of a unique property. */
  holder(property: string, value: string): HubSpotRecord | undefined
  indexProperty(property: string): void
  insert(record: HubSpotRecord): void
  /** Sets or, with an empty string, clears values. */
  update(record: HubSpotRecord, values: Record<string, string>, nowMs: number): void
}

export function createRecordStore(properties: Iterable<Property>): RecordStore {
  const records = new Map<string, HubSpotRecord>()
  const indexes = new Map<string, Map<string, HubSpotRecord>>()
  for (const property of properties) if (property.hasUniqueValue) indexes.set(property.name, new Map())

  return {
    records,
    holder: (property, value) => indexes.get(property)?.get(value),
    indexProperty: (property) => {
      indexes.set(property, new Map())
    },
    insert: (record) => {
      records.set(record.id, record)
      for (const [property, index] of indexes) {
        const value = record.properties[property]
        if (value !== undefined) index.set(value, record)
      }
    },
    update: (record, values, nowMs) => {
      for (const [name, value] of Object.entries(values)) {
        const index = indexes.get(name)
        const before = record.properties[name]
        if (index && before !== undefined) index.delete(before)
        if (value === '') {
          // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a value that is cleared is not there
          delete record.properties[name]
        } else {
          record.properties[name] = value
          index?.set(value, record)
        }
      }
      record.updatedAtMs = nowMs
    },
  }
}
