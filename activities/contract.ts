import type { Wait } from '../src/budget/windows.ts'

/**
 * What workflows may ask of the outside world. These names and shapes live in workflow histories: they are added to, never
 * changed. Nothing here holds rows, keys or anything else that grows.
 */
export interface Activities {
  refreshCatalogue(input: ConnectorInput): Promise<SliceResult>
  collectScans(input: ConnectorInput): Promise<SliceResult>
  followPlan(input: ConnectorInput): Promise<SliceResult>
  requestDelivery(input: ConnectorInput): Promise<void>
  deliver(input: DestinationInput): Promise<DeliverySlice>
}

export interface ConnectorInput {
  connector: string
}

export interface DestinationInput extends ConnectorInput {
  destination: string
}

/** What an activity did in its slice of the work, and what is left. */
export interface SliceResult {
  calls: number
  /** Rows that the ledger did not have before. */
  landed: number
  isDone: boolean
  /** Set where no further call may be made before a time. */
  wait: Wait | null
}

export interface DeliverySlice {
  delivered: number
  rejected: number
  isDone: boolean
}
