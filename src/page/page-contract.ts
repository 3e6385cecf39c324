import type { CodeRule } from '../config/schema.ts'
import type { RunsState } from '../report/operations/operations-data.ts'
import type { DeliveredStream } from '../streams/streams.ts'

/**
 * The messages between the thread that serves requests and the one that makes pages: plain data, because it is
 * copied between threads.
 */

/** A connector whose pages are made. */
export interface PageConnector {
  connector: string
  /** Of its ledger: a file, or the URL of a PostgreSQL database. */
  location: string
  /** `budget.share` */
  share: number
  /** Whether the analytics streams are synced. */
  hasAnalytics: boolean
  codes: readonly CodeRule[]
  destinations: readonly PageDestination[]
}

export interface PageDestination {
  name: string
  type: string
  /** Where its rows go, in words. */
  where: string
  streams: readonly DeliveredStream[]
  gatherMs: number
}

export interface PageRequest {
  /** Without the query. */
  path: string
  query: Readonly<Record<string, string>>
  connectors: readonly PageConnector[]
  /** What Temporal reports about the connector that the path names; null if it was not asked. */
  runs: RunsState | null
  /** What was just done, or what failed. */
  notice: { isBad: boolean; text: string } | null
  /** Part of forms; another site does not know it. */
  formToken: string
}

export interface PageResponse {
  status: number
  contentType: string
  body: string
  /** The file name of a download. */
  fileName?: string
}
