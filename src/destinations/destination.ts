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
  /** What works as it is set up, and may still not be wanted. */
  warnings?: string[]
}

/** What a destination of given settings accepts: known without opening it. */
export interface Takes<Stream extends DeliveredStream = DeliveredStream> {
  /** In the order in which it wants them. */
  readonly streams: readonly Stream[]
  /** After a delivery of a stream its next rows are gathered for this long, so that they go together; 0: none waits. */
  readonly gatherMs: number
  /** The rules of its stream `link_summaries`. */
  readonly linkRules?: readonly LinkRule[]
}

/**
 * Where rows go. All of it must be idempotent: a batch comes again after any crash.
 *
 * What may pass when tried again (an outage, a lock, a limit, a key that is no longer accepted) is thrown as a
 * `ConnectorError` that says when; what was yielded before stays settled. Its `scope` says whether the whole destination fails or
 * only this stream, where that is known.
 *
 * One instance lives as long as its worker: what it learned of its vendor (`apply`) it may keep until an answer shows
 * otherwise. Two calls may be under way at once, in one process or in several.
 *
 * What not every vendor can do is a capability: an object that is there as a whole, or not at all.
 */
export interface Destination<Stream extends DeliveredStream = DeliveredStream> extends Takes<Stream> {
  readonly batch: BatchLimits
  readonly fingerprints?: Fingerprints<Stream>
  readonly counts?: ScanCounts
  readonly totals?: ShownTotals
  readonly exports?: FileExport
  /** There where `linkRules` are. */
  readonly links?: LinkedRecords

  /** Writes nothing. Fails with a `ConnectorError` where the vendor cannot be asked. */
  check(): Promise<CheckReport>
  /**
   * Says what `apply` would create or change, a line each, as in "create table scans". Writes nothing.
   */
  plan(): Promise<string[]>
  /**
   * Creates or migrates tables, views, properties: what is there already is left alone, so a second call changes nothing.
   *
   * @param stream fails only if this stream cannot be delivered: a broken table of another stream does not count
   * @returns what was created or changed, as `plan` says it
   */
  apply(stream?: Stream): Promise<string[]>
  /**
   * Writes rows, and yields what became of them as the vendor's calls come back: the caller settles each part in the ledger before
   * it asks for the next one. An error after some parts leaves those settled. Called after `apply`.
   *
   * @param rows within the limits of `batch`, each id once
   * @returns an outcome for every row, once; a row without an outcome is an error
   */
  write(stream: Stream, rows: readonly LandedRow[]): AsyncIterable<readonly Outcome[]>
  /**
   * Names what is written to: an account, a dataset, a file. If it is another than before, the destination is filled again from the
   * first row. Applies what is missing, where it must.
   */
  identity(): Promise<string>
  /**
   * Whether what is written to is surely as this process last left it, told without a connection and without a change: there is then
   * nothing to ask it for. A vendor that would have to be asked leaves this out.
   */
  isUntouched?(): Promise<boolean>
  /** Lets go of everything held; called before any wait, so that others can use a file in between. Use opens it anew. */
  close(): Promise<void>
}

/** What one `write` takes at most. Rows are cut into batches by it in one place, the delivery. */
export interface BatchLimits {
  rows: number
  /** Of JSON: vendors limit requests, and several copies of a batch are in memory. A longer row is a batch of its own. */
  characters: number
}

/** Tells rows that would be written as they were confirmed: these are not handed over again. */
export interface Fingerprints<Stream extends DeliveredStream = DeliveredStream> {
  /** Names all that is written for a row, the place included, in a few characters. Called after `apply`. */
  of(stream: Stream, row: LandedRow): string
}

/** Only where the vendor itself counts. */
export interface ScanCounts {
  /**
   * Counts the scans of each of these codes that the destination holds, by the vendor's own count of rows or records, never by a
   * number that was written there. A code without any may be absent. Writes nothing. Fails as `write` does.
   */
  countScans(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Writes what the destination holds as files, for people who cannot open it themselves. */
export interface FileExport {
  /**
   * A Parquet file for each table that is there.
   *
   * @param folder absolute; created where it is missing
   */
  writeParquet(folder: string): Promise<ExportedFile[]>
}

export interface ExportedFile {
  path: string
  rows: number
  sizeBytes: number
}

export interface ShownTotals {
  /** The totals that it shows for these codes, as they were written; a code without a record is absent. Fails as `write` does. */
  readTotals(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Records of the vendor's own that codes name, by rules. Nothing here writes; all of it fails as `write` does. */
export interface LinkedRecords {
  readonly rules: readonly LinkRule[]
  /**
   * The record that each of these keys names, as the vendor compares them: several keys may name one record. Every key has an
   * answer. Called after `apply`.
   *
   * @param asWritten by key: another spelling, which counts where the key itself names nothing
   */
  find(
    rule: string,
    keys: readonly string[],
    asWritten?: ReadonlyMap<string, string>,
  ): Promise<ReadonlyMap<string, LinkTarget>>
  /** The total of scans that each of these records holds, null where it holds none; one that is not there is absent. */
  readTotals(rule: string, recordIds: readonly string[]): Promise<ReadonlyMap<string, number | null>>
}
