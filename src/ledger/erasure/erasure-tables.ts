/** A code that was erased. Its id stays, so that its rows are never fetched or landed again. */
export interface ErasedCodeTable {
  connector: string
  qr_code_id: string
  erased_at_ms: number
}

/** A destination that still has to erase a code. */
export interface ErasureTable {
  connector: string
  destination: string
  qr_code_id: string
  /** When it first erased the code; null before that. The row is deleted once it has erased the code again, some minutes later. */
  erased_at_ms: number | null
  /** When the next delivery is to erase it. */
  due_at_ms: number
  /** Why the last attempt failed. */
  problem: string | null
}
