import type { DeliveredStream, LandedRow } from '../streams/streams.ts'
import type { LinkRule } from '../streams/summaries.ts'

/**
 * The outcome of one row. A rejected row is one that the destination will not accept as it is; the reason is in
 * the vendor's words.
 */
export type Outcome = { id: string } & ({ is: 'confirmed' } | Rejection)

export interface Rejection {
  is: 'rejected'
  reason: string
  /** Set if the vendor has not judged this row on its own: the row is sent again after this time. */
  againAfterMs?: number
}

/** The result of looking up a key of a link rule at the vendor. */
export type LinkTarget =
  /** `formerIds`: ids of records that were merged into this one, as far as the vendor reports them. */
  | { is: 'record'; id: string; formerIds: readonly string[] }
  /** There may be a record later. */
  | { is: 'none' }
  /** The key itself cannot name a record; the reason is in the vendor's words. */
  | { is: 'refused'; reason: string }

/** What the vendor reports about our access, before anything is written. */
export interface CheckReport {
  /** The account and the place, on one line. */
  identity: string
  /** What {@link Destination.identity} would return, if that is known without writing. */
  target?: string
  /** Each thing that we need there (a scope, a permission, a tier), and what to do if it is missing. */
  needs: { what: string; isMet: boolean; advice?: string }[]
  /** Settings that work but may not be what the user wants. */
  warnings?: string[]
}

/** What a destination with given settings accepts. It is known without opening the destination. */
export interface Takes<Stream extends DeliveredStream = DeliveredStream> {
  /** In the order in which it needs them. */
  readonly streams: readonly Stream[]
  /**
   * After a delivery of a stream, its next rows are gathered for this long, so that they are sent together. 0:
   * rows do not wait.
   */
  readonly gatherMs: number
  /** The rules of its stream `link_summaries`. */
  readonly linkRules?: readonly LinkRule[]
}

/**
 * Receives rows. Every method must be idempotent, because a batch comes again after a crash.
 *
 * Throw a `ConnectorError` for a failure that a retry may fix (an outage, a lock, a limit, an expired key). It
 * says when to retry, and outcomes that were yielded before stay settled. Set its `scope` if you know whether
 * the whole destination fails or only this stream.
 *
 * One instance lives as long as its worker. It may keep what it learned about its vendor (`apply`) until a
 * response shows otherwise. Two calls may run at once, in one process or in several.
 *
 * What not every vendor can do is a capability: an object that is either complete or missing.
 */
export interface Destination<Stream extends DeliveredStream = DeliveredStream> extends Takes<Stream> {
  readonly batch: BatchLimits
  readonly fingerprints?: Fingerprints<Stream>
  readonly counts?: ScanCounts
  readonly totals?: ShownTotals
  readonly erasure?: Erasure
  readonly exports?: FileExport
  /** Present if `linkRules` are. */
  readonly links?: LinkedRecords

  /** Writes nothing. Throws a `ConnectorError` if the vendor cannot be reached. */
  check(): Promise<CheckReport>
  /** Describes what `apply` would create or change, one line each, such as "create table scans". Writes nothing. */
  plan(): Promise<string[]>
  /**
   * Describes, one line each, what the last `plan` or `apply` left as it is although earlier settings may have
   * created it, with what happens to its values, and what the vendor does not allow, though rows do not need it.
   */
  leftAlone?(): readonly string[]
  /**
   * Creates or migrates tables, views and properties. Leaves existing ones unchanged, so a second call changes
   * nothing.
   *
   * @param stream fails only if this stream cannot be delivered; a broken table of another stream does not
   *   count
   * @returns what was created or changed, in the words of `plan`
   */
  apply(stream?: Stream): Promise<string[]>
  /**
   * Writes rows, and yields their outcomes as the vendor's calls return. The caller settles each part in the
   * ledger before it requests the next one, so an error after some parts leaves those settled. Called after
   * `apply`.
   *
   * @param rows within the limits of `batch`, each id once
   * @returns exactly one outcome for every row; a row without an outcome is an error
   */
  write(stream: Stream, rows: readonly LandedRow[]): AsyncIterable<readonly Outcome[]>
  /**
   * Names what is written to: an account, a dataset, a file. If that changes, the destination is filled again
   * from the first row. Applies what is missing, if necessary.
   */
  identity(): Promise<string>
  /**
   * Whether what is written to is certainly as this process left it, without a connection and without a change;
   * the vendor then need not be contacted. A vendor that would have to connect leaves this out.
   */
  isUntouched?(): Promise<boolean>
  /**
   * Releases all resources. Called before any wait, so that other programs can use a file in between. The next
   * use opens it again.
   */
  close(): Promise<void>
}

/** The most that one `write` accepts. The delivery, and nothing else, cuts rows into batches by these limits. */
export interface BatchLimits {
  rows: number
  /** Streams of which a call holds another number of rows. */
  rowsOf?: Readonly<Partial<Record<DeliveredStream, number>>>
  /**
   * Of JSON: vendors limit requests, and memory holds several copies of a batch. A longer row is a batch of its
   * own.
   */
  characters: number
}

/** Returns the most rows of a stream that one `write` accepts. */
export function rowsPerBatch({ rows, rowsOf }: BatchLimits, stream: DeliveredStream): number {
  return rowsOf?.[stream] ?? rows
}

/** Recognises rows that would be written as they were confirmed; these are not sent again. */
export interface Fingerprints<Stream extends DeliveredStream = DeliveredStream> {
  /** Names everything that is written for a row, including where, in a few characters. Called after `apply`. */
  of(stream: Stream, row: LandedRow): string
}

/** For vendors that count rows themselves. */
export interface ScanCounts {
  /**
   * Counts the scans of each of these codes in the destination, by the vendor's own count of rows or records,
   * never by a number that was written there. A code without scans may be missing. Writes nothing. Fails like
   * `write`.
   */
  countScans(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** For vendors that can delete what they have of a code. */
export interface Erasure {
  /** What stays after an erasure, why, and for how long: a sentence each. */
  readonly remains: readonly string[]
  /**
   * Deletes all that was written about these codes: their own rows or records, and those of their scans and analytics. Totals that
   * include other codes are corrected by the next delivery. Creates nothing. Called only for a destination to which rows were
   * delivered: throws if the place, or a table in it, is missing, because it may come back with its rows. What can be erased is erased
   * before that. Otherwise fails like `write`.
   *
   * @returns where it has erased them, as `identity` names it
   */
  eraseCodes(codeIds: readonly string[]): Promise<string>
}

/** Writes the contents of the destination as files, for people who cannot open it themselves. */
export interface FileExport {
  /**
   * Writes a Parquet file for each existing table.
   *
   * @param folder absolute; created if it is missing
   */
  writeParquet(folder: string): Promise<ExportedFile[]>
}

export interface ExportedFile {
  path: string
  rows: number
  sizeBytes: number
}

export interface ShownTotals {
  /**
   * The totals that the destination shows for these codes, as they were written; a code without a record is
   * missing. Fails like `write`.
   */
  readTotals(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** The vendor's own records that codes name, by rules. No method writes; all of them fail like `write`. */
export interface LinkedRecords {
  readonly rules: readonly LinkRule[]
  /**
   * The record that each of these keys names, by the vendor's own comparison: several keys may name one record.
   * Every key has an answer. Called after `apply`.
   *
   * @param asWritten another spelling, by key, which counts if the key itself names nothing
   */
  find(
    rule: string,
    keys: readonly string[],
    asWritten?: ReadonlyMap<string, string>,
  ): Promise<ReadonlyMap<string, LinkTarget>>
  /** The total of scans on each of these records, or null if it has none; a missing record is left out. */
  readTotals(rule: string, recordIds: readonly string[]): Promise<ReadonlyMap<string, number | null>>
}
