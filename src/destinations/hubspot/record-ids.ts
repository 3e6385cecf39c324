/** The records of codes, as far as they were seen: by the code's id, the id of its record in HubSpot. */
export interface RecordIds {
  get(codeId: string): string | undefined
  set(codeId: string, recordId: string): void
  delete(codeId: string): void
}

/** Some megabytes; what does not fit is asked for again. */
const mostIds = 50_000

export function createRecordIds(): RecordIds {
  const ids = new Map<string, string>()
  return {
    get: (codeId) => ids.get(codeId),
    set(codeId, recordId) {
      ids.delete(codeId)
      ids.set(codeId, recordId)
      if (ids.size <= mostIds) return
      const [oldest] = ids.keys()
      if (oldest !== undefined) ids.delete(oldest)
    },
    delete: (codeId) => void ids.delete(codeId),
  }
}
