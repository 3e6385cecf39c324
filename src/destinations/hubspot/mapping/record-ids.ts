/** The records of codes, as far as they were seen: by the code's id, the id of its record in HubSpot. */
export interface RecordIds {
  get(codeId: string): string | undefined
  /** False where the record was made before its code came, and has the id of the code for a name. */
  isNamed(codeId: string): boolean
  set(codeId: string, recordId: string, isNamed?: boolean): void
  delete(codeId: string): void
}

/** Some megabytes; what does not fit is asked for again. */
const mostIds = 50_000

export function createRecordIds(): RecordIds {
  const ids = new Map<string, { recordId: string; isNamed: boolean }>()
  return {
    get: (codeId) => ids.get(codeId)?.recordId,
    isNamed: (codeId) => ids.get(codeId)?.isNamed ?? true,
    set(codeId, recordId, isNamed = true) {
      ids.delete(codeId)
      ids.set(codeId, { recordId, isNamed })
      if (ids.size <= mostIds) return
      const [oldest] = ids.keys()
      if (oldest !== undefined) ids.delete(oldest)
    },
    delete: (codeId) => void ids.delete(codeId),
  }
}
