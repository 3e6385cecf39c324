import type { DeliveredStream, LandedRow } from '../streams/streams.ts'
import type { LinkRule } from '../streams/summaries.ts'

/**
 * What became of one row. A rejected row is one that the destination will not accept as it is, with the reason in the vendor's
 * words.
 */
export type Outcome = { id: string } & ({ is: 'confirmed' } | Rejection)

export interface Rejection {
  is: 'rejected'
  reason: string
  /** Set if the vendor has not judged this row on its own: it is handed over again after this time. */
  againAfterMs?: number
}

/** What a key of a link rule names at the vendor. */
export type LinkTarget =
  /** `formerIds`: of records that were merged into this one, as far as the vendor tells. */
  | { is: 'record'; id: string; formerIds: readonly string[] }
  /** There may be one later. */
  | { is: 'none' }
  /** It can name no record as it is, in the vendor's words. */
  | { is: 'refused'; reason: string }

/** What the vendor says of us, before anything is written. */
export interface CheckReport {
  /** Who and where we are, in a line. */
  identity: string
  /** What {@link Destination.identity} would say, where that can be told without writing. */
  target?: string
  /** Each thing that we need there (a scope, a permission, a tier), and what to do where it is missing. */
  needs: { what: string; isMet: boolean; advice?: string }[]
}

/**
 * Where rows go. All of it must be idempotent: a batch comes again after any crash.
 *
 * What may pass when tried again (an outage, a lock, a limit, a key that is no longer accepted) is thrown as a
 * `ConnectorError` that says when; what was yielded before stays settled. Its `scope` says whether the whole destination fails or
 * only this stream, where that is known.
 *
 * One instance lives as long as its worker: what it learned of its vendor (`prepare`) it may keep until an answer shows
 * otherwise. Two calls may be under way at once, in one process or in several.
 */
export interface Destination<Stream extends DeliveredStream = DeliveredStream> {
  /** The streams that it takes, in the order in which it wants them. */
  readonly streams: readonly Stream[]
  /** The most rows that are handed to one `upsert`. */
  readonly rowsPerBatch: number
  /** After a delivery of a stream its next rows are gathered for this long, so that they go together; 0: none waits. */
  readonly gatherMs: number
  /** The rules of its stream `link_summaries`. */
  readonly links?: readonly LinkRule[]

  /** Writes nothing. Fails with a `ConnectorError` where the vendor cannot be asked. */
  check(): Promise<CheckReport>
  /**
   * Creates or migrates tables, views, properties: what is there already is left alone, so a second call changes nothing.
   *
   * @param options.dryRun only tells
   * @param options.stream fails only if this stream cannot be delivered: a broken table of another stream does not count
   * @returns what was created or changed, a line each, as in "create table scans"
   */
  prepare(options?: { dryRun?: boolean; stream?: Stream }): Promise<string[]>
  /**
   * Writes rows, and yields what became of them as the vendor's calls come back: the caller settles each part in the ledger before
   * it asks for the next one. An error after some parts leaves those settled. Called after `prepare`.
   *
   * @returns an outcome for every id among the rows, once; an id without an outcome is an error. Of several rows with one id the
   *   one with the highest `seq` counts.
   */
  write(stream: Stream, rows: readonly LandedRow[]): AsyncIterable<readonly Outcome[]>
  /**
   * Names what is written to: an account, a dataset, a file. If it is another than before, the destination is filled again from the
   * first row. Without it, it is taken to be the same always. Called after `prepare`.
   */
  identity?(): Promise<string>
  /**
   * Names all that is written for a row, the place included, in a few characters: a row of which that was confirmed before
   * is not handed over again. Called after `prepare`. Without it every row is handed over.
   */
  fingerprint?(stream: Stream, row: LandedRow): string
  /**
   * Counts the scans of each of these codes that it holds, by the vendor's own count of rows or records, never by a number that was
   * written there. A code without any may be absent. Writes nothing. Fails as `write` does.
   */
  countScans?(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** The totals that it shows for these codes, as they were written; a code without a record is absent. Fails as `write` does. */
  readTotals?(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /**
   * The record that each of these keys names, as the vendor compares them: several keys may name one record. Every key has an
   * answer. Writes nothing. Called after `prepare`. Needed where `links` is there. Fails as `write` does.
   */
  findLinked?(rule: string, keys: readonly string[]): Promise<ReadonlyMap<string, LinkTarget>>
  /**
   * The total of scans that each of these records holds, null where it holds none; one that is not there is absent. Writes
   * nothing. Fails as `write` does.
   */
  countLinks?(rule: string, recordIds: readonly string[]): Promise<ReadonlyMap<string, number | null>>
  /** Lets go of everything held; called before any wait, so that others can use a file in between. Use opens it anew. */
  close(): Promise<void>
}
