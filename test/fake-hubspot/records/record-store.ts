import type { Property } from '../types/property.ts'

export interface HubSpotRecord {
  id: string
  /** Only properties with a value. */
  properties: Record<string, string>
  createdAtMs: number
  updatedAtMs: number
}

/** Records of one object type, with an index for each property whose values are unique. */
export interface RecordStore {
  readonly records: Map<string, HubSpotRecord>
  /**
   * Deleted records, which only requests for archived ones find:
   * https://developers.hubspot.com/docs/guides/crm/using-object-apis#delete-records.
   */
  readonly archived: Map<string, HubSpotRecord>
  /** By its id, or by one that it had before a merge. */
  find(id: string): HubSpotRecord | undefined
  /** The record with this value of a unique property. */
  holder(property: string, value: string): HubSpotRecord | undefined
  indexProperty(property: string): void
  /** Makes a value of a unique property lead to a record that has another value there. */
  claim(property: string, value: string, record: HubSpotRecord): void
  insert(record: HubSpotRecord): void
  /** Sets or, with an empty string, clears values. */
  update(record: HubSpotRecord, values: Record<string, string>, nowMs: number): void
  /** Archives it: nothing finds it any more. */
  remove(record: HubSpotRecord): void
  /** Makes those records, and all their unique values, lead to the record that replaces them. */
  replace(before: readonly HubSpotRecord[], record: HubSpotRecord): void
}

export function createRecordStore(properties: Iterable<Property>): RecordStore {
  const records = new Map<string, HubSpotRecord>()
  const archived = new Map<string, HubSpotRecord>()
  const indexes = new Map<string, Map<string, HubSpotRecord>>()
  for (const property of properties) if (property.hasUniqueValue) indexes.set(property.name, new Map())

  /** The id of the record that has replaced another. */
  const successors = new Map<string, string>()

  const find = (id: string): HubSpotRecord | undefined => {
    const successor = successors.get(id)
    return successor === undefined ? records.get(id) : find(successor)
  }
  const remove = (record: HubSpotRecord) => {
    records.delete(record.id)
    archived.set(record.id, record)
    for (const index of indexes.values()) {
      for (const [value, holder] of index) if (holder === record) index.delete(value)
    }
  }

  return {
    records,
    archived,
    find,
    remove,
    replace: (before, record) => {
      for (const index of indexes.values()) {
        for (const [value, holder] of index) if (before.includes(holder)) index.set(value, record)
      }
      for (const { id } of before) {
        records.delete(id)
        successors.set(id, record.id)
      }
      records.set(record.id, record)
    },
    holder: (property, value) => indexes.get(property)?.get(value),
    indexProperty: (property) => {
      indexes.set(property, new Map())
    },
    claim: (property, value, record) => {
      indexes.get(property)?.set(value, record)
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
