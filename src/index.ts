/**
 * The interface for programs: docs/programming.md. What is exported here follows semantic versioning. Nothing
 * else of the package can be imported.
 */
export { z } from 'zod'
export { createConnector, type ConnectorOptions, type GivenConfig } from './api/create-connector.ts'
export type { Connector, SyncReport } from './api/run-connector.ts'
export { defineVendor, type DefinedVendor, type VendorDefinition } from './destinations/define-vendor.ts'
export type { CheckReport, Destination, Outcome, Rejection, Takes } from './destinations/destination.ts'
export type { VendorDeps } from './destinations/vendor.ts'
export { ConnectorError, type ErrorCode, type Retry } from './model/connector-error.ts'
export { delayMs, type DelayMs } from './model/delay.ts'
export type { DeliveredStream, LandedRow } from './streams/streams.ts'
