/** Known records of codes: the id of a code's record in HubSpot, by the id of the code. */
export interface RecordIds {
  get(codeId: string): string | undefined
  /**
   * False if the code's id was the name of the record when it was last read: it was created before its code
   * arrived. Somebody may have named it since, so read it again before you name it.
   */
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
