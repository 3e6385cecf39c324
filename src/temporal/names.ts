/** All names that the Temporal UI shows. Ids say what runs: `qrsync/<connector>/…`. */
export const names = {
  /** `served`: the connector, or the folder of config files, that a worker serves. */
  taskQueue: (served: string) => `qrsync/${served}`,
  /** The prefix of every id of a connector. */
  ofConnector: (connector: string) => `qrsync/${connector}/`,
  schedule: (connector: string) => `qrsync/${connector}/schedule`,
  /** A Schedule appends the time of the run. */
  syncWorkflow: (connector: string) => `qrsync/${connector}/sync`,
  syncNowWorkflow: (connector: string) => `qrsync/${connector}/sync-now`,
  backfillWorkflow: (connector: string) => `qrsync/${connector}/backfill`,
  deliverWorkflow: (connector: string, destination: string) => `qrsync/${connector}/deliver/${destination}`,
} as const
