import { DefaultFailureConverter } from '@temporalio/common'

/** Temporal loads it by this name, both in the worker and in the sandbox of workflows. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
