import type { DeliveredStream, LandedRow } from '../model/stream.ts'
import type { LinkRule } from '../model/summary.ts'

/** What became of a batch: every row of it is either confirmed or among the rejected. */
export interface UpsertOutcome {
  confirmed: number
  /** Rows that the destination will never take as they are, each with its reason in the vendor's words. */
  rejected: { id: string; reason: string }[]
}

/** What the vendor says of us, before anything is written. */
export interface CheckReport {
  /** Who and where we are, in a line. */
  identity: string
  /** Each thing that we need there (a scope, a permission, a tier), and what to do where it is missing. */
  needs: { what: string; isMet: boolean; advice?: string }[]
}

/**
 * Where rows go. All of it must be idempotent: a batch comes again after any crash.
 *
 * What may pass when tried again (an outage, a lock, a limit, a key that is no longer accepted) is thrown as a
 * `ConnectorError` that says when; nothing of that batch counts then. Its `scope` says whether the whole destination fails or
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
  /** Called after `prepare`. */
  upsert(stream: Stream, rows: readonly LandedRow[]): Promise<UpsertOutcome>
  /**
   * Names all that is written for a row, the place included, in a few characters: a row of which that was confirmed before
   * is not handed over again. Called after `prepare`. Without it every row is handed over.
   */
  fingerprint?(stream: Stream, row: LandedRow): string
  /**
   * How many scans it has of each of these codes, by its own count; one of which it has none may be absent. Writes nothing.
   * Fails as `upsert` does.
   */
  countScans?(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Lets go of everything held; called before any wait, so that others can use a file in between. Use opens it anew. */
  close(): Promise<void>
}
