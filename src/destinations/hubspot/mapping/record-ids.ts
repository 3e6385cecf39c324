/** What was last read or written of a code's record in HubSpot. */
export interface KnownRecord {
  recordId: string
  /**
   * False if the record had no name, or only the code's id, when it was last read: it was created before its
   * code arrived, or its naming failed. Somebody may have named it since, so read it again before you name it.
   */
  isNamed: boolean
}

/** A cache of the records of codes, by the id of the code: any entry may be gone at the next look. */
export interface RecordIds {
  get(codeId: string): KnownRecord | undefined
  set(codeId: string, known: KnownRecord): void
  delete(codeId: string): void
}

/** Some megabytes; ids that do not fit are read again. */
const mostIds = 50_000

export function createRecordIds(most = mostIds): RecordIds {
  const ids = new Map<string, KnownRecord>()
  return {
    get: (codeId) => ids.get(codeId),
    set(codeId, known) {
      ids.delete(codeId)
      ids.set(codeId, known)
      if (ids.size <= most) return
      const [oldest] = ids.keys()
      if (oldest !== undefined) ids.delete(oldest)
    },
    delete: (codeId) => void ids.delete(codeId),
  }
}
