import type { LandedRow, StreamName } from '../model/stream.ts'

/** What became of a batch: every row of it is either confirmed or among the rejected. */
export interface UpsertOutcome {
  confirmed: number
  /** Rows that the destination will never take, each with its reason in the vendor's words. */
  rejected: { id: string; reason: string }[]
}

/**
 * Where rows go. All of it must be idempotent: a batch comes again after any crash.
 *
 * What may pass when tried again (an outage, a lock) is thrown as a `ConnectorError` that says when; nothing of that
 * batch counts then.
 */
export interface Destination {
  /** Fails with a `ConnectorError` where the destination cannot be used; otherwise says in a line who and where we are. */
  check(): Promise<string>
  /** Creates or migrates tables and views. */
  prepare(): Promise<void>
  upsert(stream: StreamName, rows: readonly LandedRow[]): Promise<UpsertOutcome>
  /** Lets go of everything held; called before any wait, so that others can use a file in between. */
  close(): Promise<void>
}
