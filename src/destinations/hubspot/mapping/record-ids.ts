/** Known records of codes: the id of a code's record in HubSpot, by the id of the code. */
export interface RecordIds {
  get(codeId: string): string | undefined
  /** False if the record was created before its code arrived, so that the code's id is its name. */
  isNamed(codeId: string): boolean
  set(codeId: string, recordId: string, isNamed?: boolean): void
  delete(codeId: string): void
}

/** Some megabytes; ids that do not fit are read again. */
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
